#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/deploy/oci/registry.h"
#include "tests/e2e/admin_api.h"

namespace skiff::e2e {

/// The table of a registry in a configuration.
std::string registryTable(const std::string& registry,
                          const std::string& keys = "plain_http = true");

/// Pushes an artifact of the wasm layout to "registry/repository:tag"; gives its manifest's digest.
/// `options` are skopeo's.
std::string pushModule(const std::string& target, std::string_view module,
                       const std::vector<std::string>& options = {});

/// What the daemon's store of blobs holds, by names.
struct StoreContent {
  std::vector<std::string> blobs;       ///< hexadecimal digits, in order
  std::vector<std::string> trees;       ///< images' trees
  std::vector<std::string> unfinished;  ///< what is on its way in or out
};
StoreContent storeOf(const Daemon& daemon);

/// A daemon that is told of registries, and a tenant "acme" that deploys from them.
class Puller {
 public:
  /// `tables`: further tables of the configuration. `tenant`: the tenant's document.
  explicit Puller(const std::string& tables, std::string_view tenant = "{}");

  Daemon& daemon() { return daemon_; }
  const AdminApi& api() const { return api_; }

  /// Makes the app ("web", with the route "web.test/*"); `keys`: further members of its document.
  void addApp(const std::string& app, const std::string& keys = {}) const;
  /// Asks for a version of the app from an image.
  ApiReply pull(const std::string& app, const std::string& image) const;
  /// The same, with its steps: the events of a stream, as they came.
  std::string pullWithEvents(const std::string& app, const std::string& image) const;
  /// Makes the app, pulls, and deploys what came; the version. Throws if something is refused.
  std::string serve(const std::string& app, const std::string& image) const;
  /// The names of the app's versions.
  std::vector<std::string> versions(const std::string& app) const;
  Response get(const std::string& app, std::string_view target = "/") const {
    return daemon_.get(app + ".test", target);
  }

 private:
  Daemon daemon_;
  AdminApi api_;
};

}  // namespace skiff::e2e
