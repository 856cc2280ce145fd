#include "server/http/handshake_turns.h"

#include <boost/asio/post.hpp>

namespace skiff {

void HandshakeTurns::add(HandshakeWaiter& waiter) {
  if (waiter.is_linked()) return;
  waiting_.push_back(waiter);
  if (!posted_) post();
}

void HandshakeTurns::post() {
  posted_ = true;
  boost::asio::post(context_, [this] { giveTurn(); });
}

void HandshakeTurns::giveTurn() {
  posted_ = false;
  if (waiting_.empty()) return;
  HandshakeWaiter& waiter = waiting_.front();
  waiting_.pop_front();
  if (!waiting_.empty()) post();
  waiter.onHandshakeTurn();
}

}  // namespace skiff
