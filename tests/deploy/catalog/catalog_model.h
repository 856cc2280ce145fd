#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "deploy/catalog/catalog.h"

namespace skiff::testing {

/// What a catalog should hold after a sequence of changes, each of which is chosen at random among
/// those that are possible.
class CatalogModel {
 public:
  explicit CatalogModel(std::uint64_t seed) : random_(seed) {}

  /// The next change: made here, and given to be made in a catalog. The same sequence for a seed.
  using Change = std::function<bool(Catalog&)>;
  Change next();

  std::size_t changes() const { return actions_.size(); }
  /// Everything, as text. After as many changes, the catalog's is the same.
  std::string dump() const;

 private:
  struct App {
    std::string document;
    std::map<std::string, std::string> secrets;
    std::vector<std::string> versions;                              ///< the oldest first
    std::vector<std::pair<std::string, std::int64_t>> deployments;  ///< version and rollsBackTo
  };
  struct Tenant {
    std::string document;
    std::map<std::string, App> apps;
    std::map<std::string, std::string> tokens;  ///< notes by hash
  };

  std::size_t pick(std::size_t below) { return random_() % below; }
  Change changeTenant();
  Change changeApp(const std::string& tenant);
  Change changeWithin(const std::string& tenant, const std::string& app);
  void acted(std::string action) { actions_.push_back(std::move(action)); }

  std::mt19937_64 random_;
  std::map<std::string, Tenant> tenants_;
  std::vector<std::string> actions_;
};

/// A catalog's, in the same form.
std::string dumpOf(const Catalog& catalog);

}  // namespace skiff::testing
