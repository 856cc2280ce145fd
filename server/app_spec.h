#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/config.h"

namespace skiff {

/// What keeps a client with one of an app's versions.
struct StickyKey {
  enum class Kind : std::uint8_t {
    none,    ///< each request goes by the weights alone
    cookie,  ///< the value of the cookie `name`
    header,  ///< the value of the field `name`
    ip,      ///< the client's address
  };
  Kind kind = Kind::none;
  std::string name;

  bool operator==(const StickyKey&) const = default;
};

/// When a new version is taken back by itself.
struct AutoRollback {
  /// How much higher the new versions' rate of failed requests (guest faults and limit hits, 0 to
  /// 1) may be than the old ones'.
  double margin = 0.05;
  std::chrono::milliseconds window{60'000};  ///< over which the rates are taken
  std::uint32_t minRequests = 20;            ///< of the new versions, before it is judged

  bool operator==(const AutoRollback&) const = default;
};

/// One version of an app, as it is stored.
struct VersionSpec {
  std::string name;              ///< the version's, as requests and logs name it
  std::string digest;            ///< "sha256:…" of the module or the image
  std::string moduleDigest;      ///< "sha256:…": what is loaded is checked against it
  std::filesystem::path module;  ///< the module's file
  std::optional<std::filesystem::path> tree;  ///< an image's files: the guest's read-only "/"
  // What the image's config says; the app's own comes behind, or before where it has the same name.
  std::vector<std::string> args;
  std::vector<std::pair<std::string, std::string>> env;
  std::uint32_t weight = 0;         ///< its part of the traffic; 0: only requests that ask for it
  std::shared_ptr<const void> pin;  ///< keeps module and tree where they are while it is served
};

/// An app of the catalog, as it is to be served.
struct AppSpec {
  std::string tenant;
  AppConfig config;                   ///< with its secrets among `env`; `module` is not used
  std::vector<VersionSpec> versions;  ///< of its deployment; empty: requests get not_ready
  StickyKey sticky;
  std::string overrideKey;  ///< what requests must know to choose a version
  std::optional<AutoRollback> autoRollback;
  std::int64_t deployment = 0;  ///< its number; 0: none
};

}  // namespace skiff
