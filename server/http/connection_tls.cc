#include "server/http/connection.h"

// What a connection does before requests can come over it, if they come over TLS or by HTTP/2.

#include <spdlog/spdlog.h>

#include "server/http2/http2_connection.h"

namespace skiff {

void Connection::onHandshakeTurn() {
  RequestHandler& handler = shard_.handler;
  handler.onEventBegin();
  if (phase_ == Phase::handshake) {
    ++depth_;
    try {
      handshake();
    } catch (const std::exception& error) {
      fallOver(error);
    }
    --depth_;
    settle();
  }
  handler.onEventEnd();
}

void Connection::handshake() {
  TlsSession& session = socket_.startTls(*tls_);
  const TlsSession::Progress progress = session.handshake();
  if (progress != TlsSession::Progress::failed) {
    const std::string host = session.takeHostName();
    if (!host.empty()) shard_.handler.onHostNamed(host, session.certificate());
  }
  switch (progress) {
    case TlsSession::Progress::needsBytes:
      return;
    case TlsSession::Progress::needsRoom:
      awaitRoom();
      return;
    case TlsSession::Progress::done:
      break;
    case TlsSession::Progress::failed:
      failHandshake(session);
      return;
  }
  readDeadline_.disarm();
  tlsVersion_ = session.version();
  shard_.handler.onHandshake(tlsVersion_, session.outcome());
  if (session.speaksHttp2()) return becomeHttp2();
  // The first request may have come with the client's last word.
  readable_ = true;
  phase_ = Phase::head;
}

/// Its socket and its place are another connection's from now on.
void Connection::becomeHttp2() {
  (void)serverAddress();
  PolledClient& before = *this;
  auto next = std::make_unique<Http2Connection>(
      shard_, Client{std::move(socket_), peer_, std::move(place_)}, tlsVersion_, before,
      input_.view());
  input_.consume(input_.view().size());
  close();
  shard_.add(std::move(next));
}

/// The client has been told why, if it understands TLS. Then it is left to close the connection, so
/// that what it was told does not get lost.
void Connection::failHandshake(const TlsSession& session) {
  const HandshakeOutcome outcome = session.outcome();
  shard_.handler.onHandshake(session.version(), outcome);
  spdlog::debug("TLS handshake with {} failed: {} {}", sourceAddress(),
                handshakeOutcomeWord(outcome), session.failure());
  socket_.dropTls();
  readable_ = true;
  if (outcome == HandshakeOutcome::gone) {
    close();
  } else if (outcome == HandshakeOutcome::plain) {
    requestNumber_ = shard_.requestIds.next();
    headBegin_ = std::chrono::steady_clock::now();
    refuse({Reason::badRequest, 400,
            "this port speaks HTTPS, and the request came without TLS: ask for https://"});
  } else {
    endAfterLinger();
  }
}

std::string_view Connection::tlsVersion() const {
  return tlsVersionWord(tlsVersion_);
}

/// The client knows already that HTTP/2 is spoken here (RFC 9113, 3.3).
Connection::Preface Connection::http2Preface() const {
  constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\n";
  if (tls_ != nullptr || !shard_.limits.http2.cleartext || !isFirst_) return Preface::none;
  if (input_.view().starts_with(kPreface)) return Preface::whole;
  return kPreface.starts_with(input_.view()) ? Preface::partly : Preface::none;
}

}  // namespace skiff
