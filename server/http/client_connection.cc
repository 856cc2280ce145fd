#include "server/http/client_connection.h"

#include <boost/asio/post.hpp>
#include <ctime>
#include <utility>

#include "server/http/endpoint_text.h"
#include "server/http/shard_state.h"

namespace skiff {

ClientConnection::ClientConnection(ShardState& shard, Client client)
    : shard_(shard),
      socket_(std::move(client.socket)),
      peer_(client.peer),
      place_(std::move(client.place)) {}

ClientConnection::~ClientConnection() {
  shard_.poller.remove(socket_.descriptor(), *this);
}

void ClientConnection::settleLater() {
  if (depth_ != 0 || std::exchange(posted_, true)) return;
  ++operations_;
  boost::asio::post(shard_.context, [this] {
    RequestHandler& handler = shard_.handler;
    handler.onEventBegin();
    posted_ = false;
    --operations_;
    settle();
    handler.onEventEnd();
  });
}

void ClientConnection::receiveLater() {
  ++operations_;
  boost::asio::post(shard_.context, [this] {
    --operations_;
    if (isClosed()) {
      destroyIfDone();
    } else {
      onSocketEvents(0);
    }
  });
}

void ClientConnection::awaitRoom() {
  if (!std::exchange(isToldOfRoom_, true)) shard_.poller.awaitRoom(socket_.descriptor(), *this);
}

void ClientConnection::closeSocket() {
  shard_.poller.remove(socket_.descriptor(), *this);
  socket_.close();
}

void ClientConnection::resetSocket() {
  shard_.poller.remove(socket_.descriptor(), *this);
  socket_.reset();
}

std::string_view ClientConnection::sourceText() const {
  if (sourceText_.empty()) sourceText_ = endpointText(peer_);
  return sourceText_;
}

std::string_view ClientConnection::serverText() const {
  if (serverText_.empty()) serverText_ = endpointText(socket_.localEndpoint());
  return serverText_;
}

std::string_view ClientConnection::date() const {
  return shard_.date.at(std::time(nullptr));
}

const Certificate* ClientConnection::shownCertificate() const {
  const TlsSession* const session = socket_.tls();
  return session != nullptr ? &session->certificate() : nullptr;
}

}  // namespace skiff
