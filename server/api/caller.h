#pragma once

#include <string>
#include <string_view>

#include "deploy/catalog/records.h"

namespace skiff {

/// On whose behalf something is done: a token's owner, or the daemon itself.
struct Caller {
  /// For the audit log: "token 3f2a…", "token 3f2a…, certificate ops" with a client's certificate,
  /// "skiffd".
  std::string actor;
  Scope scope = Scope::tenantRead;
  std::string tenant;   ///< empty for an operator
  std::string tokenId;  ///< empty for the daemon

  bool isOperator() const { return scope == Scope::operator_; }
  /// Whether the tenant is one that the caller may know of.
  bool maySee(std::string_view name) const { return isOperator() || tenant == name; }
};

/// The daemon, for what it does by itself.
inline Caller daemonCaller() {
  return {.actor = "skiffd", .scope = Scope::operator_, .tenant = {}, .tokenId = {}};
}

}  // namespace skiff
