#include "tests/server/http/origin_wire.h"

#include <chrono>
#include <string>

namespace skiff {
namespace {

constexpr std::chrono::milliseconds kEventPatience{5};

}  // namespace

OriginWire::OriginWire(HttpLimits limits)
    : server_(WireServer::Handling::forwards, limits),
      connector_(server_.loop(),
                 *OriginAddress::parse("http://127.0.0.1:" + std::to_string(listener_.port()))),
      client_(std::make_unique<WireSocket>(WireSocket::connect(server_.port()))) {
  server_.setOrigin(&connector_);
  server_.turn(kEventPatience);
}

OriginWire::~OriginWire() {
  client_.reset();
  server_.turnUntil([this] { return server_.connections() == 0; });
}

void OriginWire::receive() {
  client_->receive();
  while (auto peer = listener_.accept()) peers_.push_back(std::move(*peer));
  for (WireSocket& peer : peers_) peer.receive();
}

void OriginWire::settle() {
  server_.turn(kEventPatience);
  do {
    receive();
  } while (server_.turn());
}

void OriginWire::sendFromClient(std::string_view bytes) {
  while (!bytes.empty() && client_->end() == WireSocket::End::open) {
    bytes.remove_prefix(client_->send(bytes));
    settle();
  }
}

void OriginWire::sendFromOrigin(std::string_view bytes, std::size_t connection) {
  if (connection >= peers_.size()) return;
  while (!bytes.empty() && peers_[connection].end() == WireSocket::End::open) {
    bytes.remove_prefix(peers_[connection].send(bytes));
    settle();
  }
}

void OriginWire::endClient() {
  client_->finishSending();
  settle();
}

void OriginWire::endOrigin() {
  if (peers_.empty()) return;
  peers_.front().finishSending();
  settle();
}

std::string OriginWire::origin() const {
  return peers_.empty() ? "" : peers_.front().received();
}

std::vector<std::string> OriginWire::origins() const {
  std::vector<std::string> texts;
  for (const WireSocket& peer : peers_) texts.push_back(peer.received());
  return texts;
}

WireSocket::End OriginWire::originEnd() const {
  return peers_.empty() ? WireSocket::End::closed : peers_.front().end();
}

}  // namespace skiff
