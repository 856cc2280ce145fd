#include "tests/soak/http1.h"

#include <strings.h>

#include <algorithm>
#include <stdexcept>
#include <thread>

namespace skiff::soak {

using skiff::testing::TlsClient;

Http1::Http1(std::uint16_t port, int receiveBuffer)
    : plain_(std::make_unique<HttpClient>(port, receiveBuffer)) {}

Http1::Http1(std::uint16_t port, const std::string& host, SSL_SESSION* session)
    : tls_(
          std::make_unique<TlsClient>(port, TlsClient::Options{.host = host, .session = session})) {
  if (!tls_->isConnected()) throw std::runtime_error("no TLS handshake: " + tls_->failure());
}

bool Http1::send(std::string_view bytes) {
  return plain_ ? plain_->send(bytes) : tls_->send(bytes);
}

std::string Http1::readSome(std::size_t most) {
  if (pause_.count() != 0) std::this_thread::sleep_for(pause_);
  return plain_ ? plain_->readSome(most) : tls_->readSome();
}

void Http1::reset() {
  if (plain_) {
    plain_->reset();
  } else {
    tls_->reset();
  }
}

bool Http1::takeMore() {
  const std::string piece = readSome();
  input_ += piece;
  return !piece.empty();
}

bool Http1::takeLine(std::string& line) {
  std::size_t end;
  while ((end = input_.find("\r\n")) == std::string::npos) {
    if (!takeMore()) return false;
  }
  line = input_.substr(0, end);
  input_.erase(0, end + 2);
  return true;
}

bool Http1::takeBody(std::size_t size, std::string& body) {
  while (input_.size() < size && takeMore()) {
  }
  const std::size_t taken = std::min(size, input_.size());
  body.append(input_, 0, taken);
  input_.erase(0, taken);
  return taken == size;
}

bool Http1::receiveInto(Reply& reply) {
  std::string line;
  if (!takeLine(line) || line.size() < 12 || !line.starts_with("HTTP/1.1 ")) return false;
  reply.status = std::stoi(line.substr(9, 3));
  std::size_t length = 0;
  bool isChunked = false;
  for (;;) {
    if (!takeLine(line)) return false;
    if (line.empty()) break;
    const std::size_t colon = line.find(": ");
    if (colon == std::string::npos) return false;
    const std::string name = line.substr(0, colon);
    const std::string value = line.substr(colon + 2);
    const auto isCalled = [&](const char* one) { return ::strcasecmp(name.c_str(), one) == 0; };
    if (isCalled("Content-Length")) length = std::stoul(value);
    if (isCalled("Transfer-Encoding")) isChunked = value == "chunked";
    if (isCalled("Connection")) reply.isLast = value == "close";
    if (isCalled("skiff-reason")) reply.reason = value;
  }
  if (!isChunked) return takeBody(length, reply.body);
  for (;;) {
    if (!takeLine(line)) return false;
    const std::size_t size = std::stoul(line, nullptr, 16);
    if (size == 0) return takeLine(line) && line.empty();
    if (!takeBody(size, reply.body) || !takeLine(line) || !line.empty()) return false;
  }
}

Reply Http1::receive() {
  Reply reply;
  reply.isComplete = receiveInto(reply);
  if (!reply.isComplete) {
    reply.isLast = true;
    reply.failure = "the connection ended, or nothing came for ten seconds";
  }
  return reply;
}

Reply Http1::ask(std::string_view request) {
  send(request);  // if the server has gone, that is seen by reading
  return receive();
}

}  // namespace skiff::soak
