#include "tests/server/origin/scripted_origin.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace skiff {
namespace {

constexpr timeval kPatience{10, 0};
constexpr int kStallMilliseconds = 300;
constexpr int kAcceptPollMilliseconds = 20;

[[noreturn]] void raise(std::string_view what) {
  throw std::runtime_error(std::string(what) + ": " + std::strerror(errno));
}

}  // namespace

Peer::Peer(int socket) : socket_(socket) {
  ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience);
  ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof kPatience);
  const int on = 1;
  ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

Peer::~Peer() {
  close();
}

std::string Peer::receive() {
  std::string bytes(65536, '\0');
  const ssize_t size = ::recv(socket_, bytes.data(), bytes.size(), 0);
  if (size < 0) raise("recv");
  bytes.resize(static_cast<std::size_t>(size));
  return bytes;
}

std::string Peer::readUntil(std::string_view end) {
  std::size_t at = buffer_.find(end);
  while (at == std::string::npos) {
    const std::string bytes = receive();
    if (bytes.empty()) throw std::runtime_error("the client closed before " + std::string(end));
    const std::size_t from = buffer_.size() - std::min(buffer_.size(), end.size());
    buffer_ += bytes;
    at = buffer_.find(end, from);
  }
  const std::string result = buffer_.substr(0, at + end.size());
  buffer_.erase(0, at + end.size());
  return result;
}

std::string Peer::readExactly(std::size_t size) {
  while (buffer_.size() < size) {
    const std::string bytes = receive();
    if (bytes.empty()) throw std::runtime_error("the client closed inside the body");
    buffer_ += bytes;
  }
  const std::string result = buffer_.substr(0, size);
  buffer_.erase(0, size);
  return result;
}

std::string Peer::readChunkedBody() {
  std::string body;
  for (;;) {
    const std::size_t size = std::stoul(readUntil("\r\n"), nullptr, 16);
    body += readExactly(size);
    if (readExactly(2) != "\r\n") throw std::runtime_error("a chunk does not end with CR LF");
    if (size == 0) return body;
  }
}

void Peer::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t size = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (size < 0) raise("send");
    bytes.remove_prefix(static_cast<std::size_t>(size));
  }
}

void Peer::trickle(std::string_view bytes) {
  for (const char byte : bytes) {
    send({&byte, 1});
    std::this_thread::yield();
  }
}

std::size_t Peer::sendUntilStalled(std::string_view bytes) {
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    pollfd wanted{socket_, POLLOUT, 0};
    if (::poll(&wanted, 1, kStallMilliseconds) == 0) return sent;
    const ssize_t size =
        ::send(socket_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (size < 0 && errno != EAGAIN) raise("send");
    if (size > 0) sent += static_cast<std::size_t>(size);
  }
  return sent;
}

void Peer::close() {
  if (socket_ >= 0) ::close(std::exchange(socket_, -1));
}

void Peer::reset() {
  const linger abortive{1, 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &abortive, sizeof abortive);
  close();
}

bool Peer::waitForClose() {
  char byte = 0;
  const ssize_t size = ::recv(socket_, &byte, 1, 0);
  if (size < 0 && errno != ECONNRESET) raise("waiting for the client to close");
  return size <= 0;
}

ScriptedOrigin::ScriptedOrigin(std::vector<Script> scripts) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener_, generic, size) != 0 || ::listen(listener_, 16) != 0 ||
      ::getsockname(listener_, generic, &size) != 0) {
    raise("listen");
  }
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this, all = std::move(scripts)]() mutable { accept(std::move(all)); });
}

ScriptedOrigin::~ScriptedOrigin() {
  finish();
}

std::string ScriptedOrigin::finish() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
  for (std::thread& player : players_) player.join();
  players_.clear();
  if (listener_ >= 0) ::close(std::exchange(listener_, -1));
  const std::lock_guard lock(mutex_);
  return errors_;
}

void ScriptedOrigin::accept(std::vector<Script> scripts) {
  for (Script& script : scripts) {
    pollfd wanted{listener_, POLLIN, 0};
    while (::poll(&wanted, 1, kAcceptPollMilliseconds) == 0) {
      if (stopping_) return;
    }
    const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) return note("accept failed");
    ++accepted_;
    players_.emplace_back([this, socket, play = std::move(script)] {
      Peer peer(socket);
      try {
        play(peer);
      } catch (const std::exception& error) {
        note(error.what());
      }
    });
  }
}

void ScriptedOrigin::note(std::string_view error) {
  const std::lock_guard lock(mutex_);
  errors_.append(error).append("\n");
}

}  // namespace skiff
