#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "deploy/blobs/blob_store.h"
#include "deploy/catalog/catalog.h"

namespace skiff::e2e {

/// Puts tenants with an app each into a data folder, as the admin API would have left them, before
/// a daemon starts on it: the API would take long for thousands. Throws what goes wrong.
class CatalogFiller {
 public:
  explicit CatalogFiller(const std::filesystem::path& dataFolder);

  /// A version of nobody's yet, of an http-wasm module that is stored with it.
  VersionRecord store(std::string_view module);
  /// The tenant, with the app "web" on the route "<tenant>.test/*", and all traffic to the version.
  void serve(const std::string& tenant, VersionRecord version);

 private:
  std::unique_ptr<Catalog> catalog_;
  std::unique_ptr<BlobStore> blobs_;
};

}  // namespace skiff::e2e
