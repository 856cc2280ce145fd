#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "config/document_error.h"
#include "config/result.h"
#include "config/signature_policy.h"

namespace skiff {

// Tenants and apps as the API takes them and the catalog keeps them: JSON objects (RFC 8259) with
// the keys of [[tenant]] and [[tenant.app]], read by the same code and so with the same checks,
// ceilings and messages. Beyond JSON's own rules: at most kLargestDocument bytes, kMostValues
// values, kDeepestNesting levels; no key twice in an object; no null.

inline constexpr ByteSize kLargestDocument = 256_KiB;
inline constexpr std::size_t kMostValues = 20'000;
inline constexpr std::size_t kDeepestNesting = 8;
/// More errors than these are left out, and the last one says so.
inline constexpr std::size_t kMostDocumentErrors = 100;

/// A tenant: `limits`, `clock`, and what only the API has.
struct TenantDocument {
  Limits limits;  ///< `limits`: for all of its apps together
  ClockKind clock = ClockKind::frozen;
  /// `hosts`: which hosts its apps' routes may have, each written as in a route ("web.localhost",
  /// "*.acme.example"). Not parsed here, but none is empty or holds a "/".
  std::vector<std::string> hosts;
  /// `signatures`: {"policy": "require" | "warn" | "off", "keys": ["-----BEGIN PUBLIC KEY…"]}.
  SignaturePolicy signatures;
  /// `registries`: repositories that are pulled with the user names and passwords of the
  /// configuration; see config/repository_pattern.h. All others are pulled without.
  std::vector<std::string> registries;

  bool operator==(const TenantDocument&) const = default;
};

/// `watch`: a tag that is polled, and deployed when it leads to something else.
struct WatchSettings {
  std::string image;                  ///< "registry/repository:tag", not parsed here
  std::chrono::seconds interval{60};  ///< `interval_s`: 10 to 86,400

  bool operator==(const WatchSettings&) const = default;
};

/// An app: all keys of [[tenant.app]] but `name` and `module`, and `watch`. `routes` may be empty
/// or left out; host paths are absolute.
struct AppDocument {
  AppConfig config;  ///< without a module
  std::optional<WatchSettings> watch;

  bool operator==(const AppDocument&) const = default;
};

/// Total: any text gives a document or what is wrong with it. Any thread.
Result<TenantDocument, DocumentErrors> parseTenantDocument(std::string_view json,
                                                           const Limits& serverLimits);

/// The same. `name` and `clock` go into the result; `tenantLimits` are what it inherits.
Result<AppDocument, DocumentErrors> parseAppDocument(std::string_view json, std::string name,
                                                     const Limits& tenantLimits, ClockKind clock);

}  // namespace skiff
