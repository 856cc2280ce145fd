#include "bench/compare/peer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <thread>

namespace skiff::bench {
namespace {

/// A socket with the loopback address of that port.
class LoopbackSocket {
 public:
  explicit LoopbackSocket(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    if (socket_ < 0) throw std::runtime_error(std::string("socket: ") + std::strerror(errno));
    address_.sin_family = AF_INET;
    address_.sin_port = htons(port);
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  }
  ~LoopbackSocket() { ::close(socket_); }
  LoopbackSocket(const LoopbackSocket&) = delete;
  LoopbackSocket& operator=(const LoopbackSocket&) = delete;

  bool connect() {
    return ::connect(socket_, reinterpret_cast<sockaddr*>(&address_), sizeof address_) == 0;
  }
  std::uint16_t bind() {
    socklen_t size = sizeof address_;
    if (::bind(socket_, reinterpret_cast<sockaddr*>(&address_), size) != 0 ||
        ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address_), &size) != 0) {
      throw std::runtime_error(std::string("bind: ") + std::strerror(errno));
    }
    return ntohs(address_.sin_port);
  }

 private:
  int socket_;
  sockaddr_in address_{};
};

}  // namespace

std::uint16_t freePort() {
  return LoopbackSocket(0).bind();
}

void waitForPort(std::uint16_t port, e2e::Process& process, const std::string& what) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(3);
  while (!LoopbackSocket(port).connect()) {
    if (process.wait(std::chrono::milliseconds(10)) ||
        std::chrono::steady_clock::now() > deadline) {
      throw std::runtime_error(what + " does not listen; it said:\n" +
                               process.text(e2e::Process::Stream::error));
    }
  }
}

void writeFile(const std::filesystem::path& file, std::string_view text) {
  std::filesystem::create_directories(file.parent_path());
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  out << text;
  if (!out.flush()) throw std::runtime_error("cannot write " + file.string());
}

void ConfiguredPeer::run(const std::string& program, const std::vector<std::string>& arguments,
                         Processors processors) {
  {
    const OnProcessor pinned(processors);
    process_ = std::make_unique<e2e::Process>(program, arguments);
  }
  waitForPort(port_, *process_, program);
}

}  // namespace skiff::bench
