#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "tests/e2e/daemon.h"

namespace skiff::e2e {

/// An answer of the admin API.
struct ApiReply {
  int status = 0;
  std::string text;         ///< the body, as it came
  boost::json::value body;  ///< the same, read; null if it is no JSON
  std::string etag;

  /// A string of the body's object; empty if there is none.
  std::string word(std::string_view key) const;
};

/// The daemon's admin API, asked with a token; each request on a connection of its own.
class AdminApi {
 public:
  /// With the operator's first token.
  explicit AdminApi(const Daemon& daemon);
  AdminApi(const Daemon& daemon, std::string token) : daemon_(&daemon), token_(std::move(token)) {}

  ApiReply get(std::string_view path) const { return ask("GET", path); }
  ApiReply remove(std::string_view path) const { return ask("DELETE", path); }
  ApiReply put(std::string_view path, std::string_view json) const {
    return ask("PUT", path, json, "application/json");
  }
  ApiReply post(std::string_view path, std::string_view json) const {
    return ask("POST", path, json, "application/json");
  }
  /// `fields`: further header fields, each with its "\r\n".
  ApiReply ask(std::string_view method, std::string_view path, std::string_view body = {},
               std::string_view type = {}, std::string_view fields = {}) const;

  /// A new version of an app from a built guest ("hello"), or a module's bytes; its name. Throws if
  /// it is refused.
  std::string upload(std::string_view app, std::string_view guest) const;
  std::string uploadBytes(std::string_view app, std::string_view bytes) const;
  /// All traffic of the app ("acme/web") to this version.
  ApiReply deploy(std::string_view app, std::string_view version) const;
  /// Makes the tenant, the app with the route "<app>.test/*", and deploys a built guest; the
  /// version. Throws if something is refused.
  std::string serve(std::string_view tenant, std::string_view app, std::string_view guest) const;

  const std::string& token() const { return token_; }

 private:
  const Daemon* daemon_;
  std::string token_;
};

/// "/v1/tenants/acme/apps/web" of "acme/web", and what follows it.
std::string appPath(std::string_view app, std::string_view rest = {});
/// The bytes of a built guest.
std::string guestBytes(std::string_view name);

}  // namespace skiff::e2e
