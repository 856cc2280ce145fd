#include "tests/deploy/oci/scripted_registry.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <stdexcept>

#include "deploy/digest.h"

namespace skiff::testing {
namespace {

constexpr int kPollMilliseconds = 10;

std::string digestOf(std::string_view content) {
  return sha256Digest({reinterpret_cast<const std::uint8_t*>(content.data()), content.size()});
}

}  // namespace

ScriptedRegistry::ScriptedRegistry(Handler handler) : handler_(std::move(handler)) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener_, generic, size) != 0 || ::listen(listener_, 16) != 0 ||
      ::getsockname(listener_, generic, &size) != 0) {
    throw std::runtime_error("cannot listen");
  }
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { serve(); });
}

ScriptedRegistry::~ScriptedRegistry() {
  isStopping_ = true;
  thread_.join();
  ::close(listener_);
}

void ScriptedRegistry::serve() {
  while (!isStopping_) {
    pollfd wanted{listener_, POLLIN, 0};
    if (::poll(&wanted, 1, kPollMilliseconds) == 0) continue;
    const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) continue;
    Peer peer(socket);
    try {
      const std::string head = peer.readHead();
      {
        const std::lock_guard lock(mutex_);
        requests_.push_back(head);
      }
      handler_(head, peer);
    } catch (const std::exception&) {
      // The client has had enough, which is what some tests are about.
    }
  }
}

std::vector<std::string> ScriptedRegistry::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

std::string answer(std::string_view status, std::string_view body, std::string_view fields) {
  std::string text =
      "HTTP/1.1 " + std::string(status) + "\r\nConnection: close\r\nContent-Length: ";
  text.append(std::to_string(body.size())).append("\r\n").append(fields);
  return text + "\r\n" + std::string(body);
}

std::string targetOf(const std::string& head) {
  const std::size_t begin = head.find(' ') + 1;
  return head.substr(begin, head.find(' ', begin) - begin);
}

std::string fieldOf(const std::string& head, std::string_view name) {
  const std::size_t at = head.find("\r\n" + std::string(name) + ": ");
  if (at == std::string::npos) return {};
  const std::size_t begin = at + 2 + name.size() + 2;
  return head.substr(begin, head.find("\r\n", begin) - begin);
}

std::string readFile(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

ScriptedRegistry::Handler filesOf(const std::filesystem::path& storage) {
  return [storage](const std::string& head, Peer& peer) {
    const std::string target = targetOf(head);
    const std::string body = readFile(storage.string() + target.substr(0, target.find('?')));
    const std::string whole = answer("200 OK", body);
    peer.send(head.starts_with("HEAD ") ? whole.substr(0, whole.size() - body.size()) : whole);
  };
}

ScriptedArtifact::ScriptedArtifact(std::string moduleBytes)
    : module(std::move(moduleBytes)), moduleDigest(digestOf(module)) {
  manifest = R"({"schemaVersion":2,"config":{"mediaType":"application/vnd.wasm.config.v0+json",)"
             R"("digest":")" +
             digestOf("{}") +
             R"(","size":2},"layers":[{"mediaType":"application/wasm","digest":")" + moduleDigest +
             R"(","size":)" + std::to_string(module.size()) + "}]}";
  manifestDigest = digestOf(manifest);
}

bool ScriptedArtifact::answerFor(const std::string& head, Peer& peer) const {
  const std::string target = targetOf(head);
  if (target.ends_with("/manifests/v1") || target.ends_with("/manifests/" + manifestDigest)) {
    const std::string fields =
        "Content-Type: application/vnd.oci.image.manifest.v1+json\r\n"
        "Docker-Content-Digest: " +
        manifestDigest + "\r\n";
    const std::string whole = answer("200 OK", manifest, fields);
    const bool isHead = head.starts_with("HEAD ");
    peer.send(isHead ? whole.substr(0, whole.size() - manifest.size()) : whole);
    return true;
  }
  if (target.ends_with("/blobs/" + digestOf("{}"))) {
    peer.send(answer("200 OK", "{}"));
    return true;
  }
  return false;
}

}  // namespace skiff::testing
