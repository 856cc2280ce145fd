#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "deploy/catalog/catalog.h"
#include "tests/temporary_directory.h"

namespace skiff::testing {

inline constexpr Precondition kAlways{};
inline constexpr Precondition kIfAbsent{Precondition::Kind::absent, 0};
inline constexpr Precondition kIfPresent{Precondition::Kind::present, 0};
constexpr Precondition ifMatches(Revision revision) {
  return {Precondition::Kind::matches, revision};
}

/// A version's record with everything in it; its name tells its digest.
VersionRecord versionNamed(std::string_view tenant, std::string_view app, std::string_view version);
/// Of one version, or of more, which get equal parts.
DeploymentRecord deploymentOf(std::string_view tenant, std::string_view app,
                              std::vector<std::string> versions);

/// A subquery of one column, `value`: all integers from `first` to `last`.
std::string numbers(std::int64_t first, std::int64_t last);

/// A catalog in a folder of its own, with a clock that stands still unless it is moved.
class CatalogTest : public ::testing::Test {
 protected:
  CatalogTest() { open(); }

  Result<std::unique_ptr<Catalog>> tryToOpen() const {
    return openCatalog(file_, keyFile_, [this] { return now_; });
  }
  void open();
  void close() { catalog_.reset(); }
  void reopen() {
    close();
    open();
  }
  Catalog& catalog() { return *catalog_; }
  UnixMilliseconds now() const {
    return std::chrono::duration_cast<std::chrono::milliseconds>(now_.time_since_epoch()).count();
  }

  /// Runs SQL on the file while the catalog is closed: for what would take long otherwise.
  void alter(const std::string& sql);
  /// All bytes of all files in the folder, `except` left out.
  std::string rawBytes(const std::filesystem::path& except = {}) const;

  // For tests of something else: what must work for them to begin.
  TenantRecord putTenant(std::string_view name);
  AppRecord putApp(std::string_view tenant, std::string_view name);
  VersionRecord addVersion(std::string_view tenant, std::string_view app, std::string_view version);
  DeploymentRecord deploy(std::string_view tenant, std::string_view app,
                          std::vector<std::string> versions);
  DeploymentRecord rollBack(std::string_view tenant, std::string_view app);

  TemporaryDirectory folder_;
  const std::filesystem::path file_ = folder_.path() / "catalog.db";
  const std::filesystem::path keyFile_ = folder_.path() / "secrets.key";
  std::chrono::system_clock::time_point now_{std::chrono::milliseconds(1'800'000'000'000)};

 private:
  std::unique_ptr<Catalog> catalog_;
};

/// The kind and message of an error; nothing expected of them if there is none.
template <class T>
std::string errorOf(const CatalogResult<T>& result) {
  if (result.has_value()) return "no error";
  switch (result.error().kind) {
    case CatalogError::Kind::notFound:
      return "notFound: " + result.error().message;
    case CatalogError::Kind::changed:
      return "changed: " + result.error().message;
    case CatalogError::Kind::taken:
      return "taken: " + result.error().message;
    case CatalogError::Kind::full:
      return "full: " + result.error().message;
    case CatalogError::Kind::noRoom:
      return "noRoom: " + result.error().message;
    case CatalogError::Kind::storage:
      return "storage: " + result.error().message;
  }
  return "unknown";
}

}  // namespace skiff::testing
