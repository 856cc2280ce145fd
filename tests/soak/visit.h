#pragma once

#include <random>
#include <string>

#include "tests/e2e/http2_requests.h"
#include "tests/soak/world.h"

namespace skiff::soak {

/// A request to one of the catalog's apps, and what must come of it.
struct Visit {
  App* app = nullptr;
  std::string path;
  std::string body;         ///< sent with POST, if there is one
  std::size_t repeats = 1;  ///< how often the answer has the identity
  Clock::time_point begin = {};

  /// Any app, and anything that the guest can do quickly.
  static Visit draw(World& world, std::mt19937& random);
  std::string text() const;  ///< of HTTP/1.1
  e2e::Http2Request http2() const { return {app->host, path, body}; }
};

/// Reports a reply that is not what it should be.
void reportReply(World& world, const std::string& what, const Reply& reply,
                 const std::string& request);

/// Whether that is what a version of the app answers that was served at some time between the
/// visit's begin and now; counts it as `activity`, or reports it. An app that is not there has to
/// say so.
void check(World& world, const Visit& visit, const Reply& reply, const std::string& activity);

/// An HTTP/1.1 connection that is kept until it is told that it ends.
class Kept {
 public:
  enum class Over : bool { plain, tls };
  Kept(World& world, Over over, std::string host)
      : world_(world), over_(over), host_(std::move(host)) {}

  /// Opens it if it is not; over TLS it mostly resumes the session of the one before.
  Http1& connection();
  /// The answer was the last one, or the connection is not wanted any more.
  void drop();
  Reply ask(const std::string& request);

 private:
  static constexpr unsigned kForgetEvery = 16;

  World& world_;
  const Over over_;
  const std::string host_;
  std::unique_ptr<Http1> connection_;
  skiff::testing::TlsClient::Session session_;
  unsigned dropped_ = 0;
};

}  // namespace skiff::soak
