#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/server/tls/tls_client.h"

struct nghttp2_session;

namespace skiff::e2e {

struct Http2Request {
  std::string host;
  std::string path = "/";
  std::string body = {};     ///< sent with POST, if there is one
  bool isTakenBack = false;  ///< by RST_STREAM(CANCEL), right behind its HEADERS
};

struct Http2Outcome {
  enum class Kind : std::uint8_t {
    answered,
    notBegun,   ///< the server says that it did not begin it (GOAWAY, REFUSED_STREAM): ask again
    takenBack,  ///< by this side
    failed,     ///< reset, or the connection ended before the answer did
  };
  Kind kind = Kind::failed;
  int status = 0;
  std::string reason = {};  ///< the field skiff-reason
  std::string body = {};
  std::uint32_t error = 0;  ///< of RST_STREAM
};

/// A connection of HTTP/2 over TLS to 127.0.0.1, as a well-behaved client has it: it heeds GOAWAY.
/// Blocking; a read that gives nothing for ten seconds ends as if the server had closed. Owned by
/// one thread.
class Http2Requests {
 public:
  /// Connects and shakes hands; throws if that fails or the server chooses another protocol.
  Http2Requests(std::uint16_t port, const std::string& host, SSL_SESSION* session = nullptr);
  ~Http2Requests();
  Http2Requests(const Http2Requests&) = delete;
  Http2Requests& operator=(const Http2Requests&) = delete;

  /// Sends all at once; how each ended, in their order.
  std::vector<Http2Outcome> ask(const std::vector<Http2Request>& requests);
  /// Reads and answers what comes (PING, GOAWAY) for that long.
  void attend(std::chrono::milliseconds time);
  /// No further request can be made: the server has said so, or is gone.
  bool isEnding() const;
  /// What went wrong with the connection, for reports; empty if nothing did.
  const std::string& failure() const { return failure_; }
  skiff::testing::TlsClient& tls() { return tls_; }

 private:
  struct FreeSession {
    void operator()(nghttp2_session* session) const;
  };
  struct Exchange {
    const Http2Request* request = nullptr;
    std::size_t sent = 0;
    Http2Outcome outcome;
    bool isOver = false;
  };
  struct Callbacks;
  void submit(Exchange& exchange);
  bool flush();
  void take(std::string_view bytes);
  void end(std::string why);

  skiff::testing::TlsClient tls_;
  std::unique_ptr<nghttp2_session, FreeSession> session_;
  std::map<std::int32_t, Exchange*> exchanges_;  ///< those of the ask() that runs
  std::string failure_;
  bool ended_ = false;
};

/// Such a connection that is replaced when the server ends it. Owned by one thread.
class KeptHttp2Requests {
 public:
  KeptHttp2Requests(std::uint16_t port, std::string host) : port_(port), host_(std::move(host)) {}

  /// How each ended, in their order; those that were not begun are asked again, up to ten times.
  std::vector<Http2Outcome> ask(const std::vector<Http2Request>& requests);
  /// How often one was asked again.
  std::size_t askedAgain() const { return askedAgain_; }
  /// Connections that the server has ended.
  std::size_t replaced() const { return replaced_; }
  /// What went wrong with the last connection, for reports.
  const std::string& failure() const { return connection_->failure(); }
  /// The next request has a new connection.
  void drop() { connection_.reset(); }

 private:
  const std::uint16_t port_;
  const std::string host_;
  std::unique_ptr<Http2Requests> connection_;
  std::size_t askedAgain_ = 0;
  std::size_t replaced_ = 0;
};

}  // namespace skiff::e2e
