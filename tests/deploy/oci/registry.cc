#include "tests/deploy/oci/registry.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>
#include <stdexcept>

#include "deploy/digest.h"

namespace skiff::testing {
namespace {

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

std::string digestOf(std::string_view content) {
  return sha256Digest({reinterpret_cast<const std::uint8_t*>(content.data()), content.size()});
}

std::string descriptorOf(const std::string& mediaType, std::string_view content,
                         const std::string& more) {
  return "{\"mediaType\":\"" + mediaType + "\",\"digest\":\"" + digestOf(content) +
         "\",\"size\":" + std::to_string(content.size()) + more + "}";
}

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : ",") + part;
  return text;
}

}  // namespace

std::uint16_t freePort() {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  const bool isBound = ::bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
                       ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  ::close(socket);
  if (!isBound) throw std::runtime_error("no free port");
  return ntohs(address.sin_port);
}

Registry::Registry(const RegistrySetup& setup) : storage_(folder_.path() / "storage") {
  // Another process may take the port before the registry does.
  for (int attempt = 0; attempt < 5; ++attempt) {
    port_ = freePort();
    name_ = "127.0.0.1:" + std::to_string(port_);
    folder_.write("registry.yml",
                  "version: 0.1\n"
                  "log: {level: info, accesslog: {disabled: false}}\n"
                  "storage: {filesystem: {rootdirectory: " +
                      storage_.string() +
                      "}, delete: {enabled: true}}\n"
                      "http:\n  addr: \"" +
                      name_ + "\"\n  secret: x\n" + setup.http + "\n" + setup.auth + "\n" +
                      setup.middleware + "\n" + setup.proxy + "\n");
    process_ = std::make_unique<e2e::Process>(
        "/usr/bin/docker-registry",
        std::vector<std::string>{"serve", (folder_.path() / "registry.yml").string()});
    if (!process_->waitForLine(e2e::Process::Stream::error, "listening on").empty()) return;
    if (log().find("address already in use") == std::string::npos) break;
  }
  throw std::runtime_error("docker-registry does not listen: " + log());
}

void Registry::stop() {
  process_->signal(SIGKILL);
  process_->wait();
}

std::string Registry::log() const {
  return process_->text(e2e::Process::Stream::output) + process_->text(e2e::Process::Stream::error);
}

std::string Registry::waitForLog(std::string_view part) const {
  return process_->waitForLine(e2e::Process::Stream::output, part);
}

OciLayout::OciLayout() {
  std::filesystem::create_directories(path() / "blobs/sha256");
  folder_.write("oci-layout", R"({"imageLayoutVersion":"1.0.0"})");
}

std::string OciLayout::addBlob(std::string_view content) {
  std::string digest = digestOf(content);
  folder_.write("blobs/sha256/" + digest.substr(7), content);
  return digest;
}

std::string OciLayout::addManifest(const LayerContent& config,
                                   const std::vector<LayerContent>& layers,
                                   const std::string& extra, const std::string& platform) {
  constexpr const char* kType = "application/vnd.oci.image.manifest.v1+json";
  addBlob(config.content);
  std::vector<std::string> descriptors;
  for (const LayerContent& layer : layers) {
    addBlob(layer.content);
    descriptors.push_back(
        descriptorOf(layer.mediaType, layer.content,
                     layer.annotations.empty() ? "" : ",\"annotations\":" + layer.annotations));
  }
  const std::string manifest =
      "{\"schemaVersion\":2,\"mediaType\":\"" + std::string(kType) +
      "\",\"config\":" + descriptorOf(config.mediaType, config.content, "") + ",\"layers\":[" +
      joined(descriptors) + "]" + (extra.empty() ? "" : "," + extra) + "}";
  addBlob(manifest);
  return descriptorOf(kType, manifest, platform.empty() ? "" : ",\"platform\":" + platform);
}

std::string OciLayout::addIndex(const std::vector<std::string>& descriptors) {
  constexpr const char* kType = "application/vnd.oci.image.index.v1+json";
  const std::string index = "{\"schemaVersion\":2,\"mediaType\":\"" + std::string(kType) +
                            "\",\"manifests\":[" + joined(descriptors) + "]}";
  addBlob(index);
  return descriptorOf(kType, index, "");
}

void OciLayout::tag(const std::string& name, const std::string& descriptor) {
  std::string tagged = descriptor;
  tagged.insert(1, "\"annotations\":{\"org.opencontainers.image.ref.name\":\"" + name + "\"},");
  tagged_.push_back(std::move(tagged));
  writeIndex();
}

void OciLayout::writeIndex() const {
  folder_.write("index.json", "{\"schemaVersion\":2,\"manifests\":[" + joined(tagged_) + "]}");
}

std::string digestIn(const std::string& descriptor) {
  const std::size_t at = descriptor.find("sha256:");
  return descriptor.substr(at, 7 + 64);
}

void push(const OciLayout& layout, const std::string& tag, const std::string& target,
          const std::vector<std::string>& options) {
  std::vector<std::string> arguments{"copy", "--insecure-policy", "--dest-tls-verify=false"};
  arguments.insert(arguments.end(), options.begin(), options.end());
  arguments.push_back("oci:" + layout.path().string() + ":" + tag);
  arguments.push_back("docker://" + target);
  e2e::Process skopeo("/usr/bin/skopeo", arguments);
  const auto ending = skopeo.wait();
  if (ending == e2e::Ending{}) return;
  throw std::runtime_error("skopeo cannot push to " + target + ": " +
                           skopeo.text(e2e::Process::Stream::error));
}

std::string coreModule(std::string_view mark) {
  std::string module("\0asm\1\0\0\0", 8);
  std::string section("\4mark", 5);
  section += mark;
  std::string size;  // LEB128
  for (std::size_t left = section.size(); left > 0 || size.empty(); left >>= 7) {
    size += static_cast<char>((left & 0x7F) | (left > 0x7F ? 0x80 : 0));
  }
  return module + std::string(1, '\0') + size + section;
}

std::string component() {
  return std::string("\0asm\x0d\0\1\0", 8);
}

}  // namespace skiff::testing
