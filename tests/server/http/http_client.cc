#include "tests/server/http/http_client.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <stdexcept>

namespace skiff {

HttpClient::HttpClient(std::uint16_t port, int receiveBuffer) {
  descriptor_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (receiveBuffer != 0) {
    ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVBUF, &receiveBuffer, sizeof(receiveBuffer));
  }
  const int on = 1;
  ::setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  const timeval patience{10, 0};
  ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  ::setsockopt(descriptor_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(descriptor_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
    throw std::runtime_error("cannot connect to the server under test");
  }
}

HttpClient::~HttpClient() {
  close();
}

void HttpClient::close() {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
}

void HttpClient::reset() {
  const linger now{1, 0};
  ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
  close();
}

void HttpClient::finishSending() {
  ::shutdown(descriptor_, SHUT_WR);
}

bool HttpClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

std::size_t HttpClient::sendSome(std::string_view bytes) {
  const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  return sent < 0 ? 0 : static_cast<std::size_t>(sent);
}

std::string HttpClient::readSome(std::size_t most) {
  if (!buffer_.empty()) {
    std::string taken = buffer_.substr(0, most);
    buffer_.erase(0, taken.size());
    return taken;
  }
  std::string bytes(most, '\0');
  const ssize_t got = ::recv(descriptor_, bytes.data(), bytes.size(), 0);
  if (got == 0) ended_ = true;
  if (got < 0 && errno == ECONNRESET) ended_ = wasReset_ = true;
  bytes.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
  return bytes;
}

std::string HttpClient::readToEnd() {
  std::string all;
  while (true) {
    const std::string more = readSome();
    if (more.empty()) return all;
    all += more;
  }
}

namespace {

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

}  // namespace

ClientResponse HttpClient::read(To to) {
  ClientResponse response;
  // readSome() would take from the buffer that is being filled.
  std::string bytes;
  const auto more = [&] {
    const std::string piece = readSome();
    bytes += piece;
    return !piece.empty();
  };
  const auto takeLine = [&](std::string& line) {
    std::size_t end;
    while ((end = bytes.find("\r\n")) == std::string::npos) {
      if (!more()) return false;
    }
    line = bytes.substr(0, end);
    bytes.erase(0, end + 2);
    return true;
  };
  const auto takeBytes = [&](std::size_t size) {
    while (bytes.size() < size && more()) {
    }
    const std::size_t taken = std::min(size, bytes.size());
    response.body += bytes.substr(0, taken);
    bytes.erase(0, taken);
    return taken == size;
  };
  const auto readAll = [&] {
    std::string line;
    if (!takeLine(line)) return false;
    response.head = line + "\r\n";
    if (line.starts_with("HTTP/1.1 ")) response.status = std::stoi(line.substr(9, 3));
    while (true) {
      if (!takeLine(line)) return false;
      if (line.empty()) break;
      response.head += line + "\r\n";
      const std::size_t colon = line.find(": ");
      response.fields[lower(line.substr(0, colon))] = line.substr(colon + 2);
    }
    if (to == To::head || response.status < 200 || response.status == 204 ||
        response.status == 304) {
      return true;
    }
    if (response.fields.contains("content-length")) {
      return takeBytes(std::stoul(response.field("content-length")));
    }
    if (response.field("transfer-encoding") == "chunked") {
      while (true) {
        if (!takeLine(line)) return false;
        const std::size_t size = std::stoul(line, nullptr, 16);
        if (size == 0) break;
        if (!takeBytes(size) || !takeLine(line) || !line.empty()) return false;
      }
      while (true) {
        if (!takeLine(line)) return false;
        if (line.empty()) return true;
        response.trailers += line + "\r\n";
      }
    }
    while (more()) {
    }
    response.body = bytes;
    bytes.clear();
    return ended_ && !wasReset_;
  };
  response.complete = readAll();
  buffer_ = bytes + buffer_;
  return response;
}

}  // namespace skiff
