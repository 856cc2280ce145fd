#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "config/config.h"
#include "config/result.h"
#include "deploy/blobs/blob_store.h"
#include "deploy/blobs/descriptor.h"
#include "deploy/catalog/catalog.h"
#include "server/api/api.h"
#include "server/api/operations.h"
#include "server/api/registry_images.h"
#include "server/api/watcher.h"

namespace skiff {

class CertificateSet;
class LiveApps;

/// The locks of a data folder that another process has open: see Catalog::lock(),
/// BlobStore::lock().
struct StateLocks {
  Descriptor catalog;
  Descriptor blobs;
};

/// What deploying while it serves takes beside what serves: the catalog and the store of blobs in
/// the data folder, the API on top of them, and who follows tags.
class Deploying {
 public:
  /// Makes or opens what is in `config.dataDir`, and the first operator's token. Shows the
  /// certificates that are in there. `locks`: of the process whose place this one takes; empty:
  /// nobody else has it open. REQUIRES: `live` and `certificates` outlive it.
  static Result<std::unique_ptr<Deploying>> open(const Config& config, LiveApps& live,
                                                 CertificateSet& certificates, std::string engine,
                                                 std::function<std::vector<std::string>()> notReady,
                                                 StateLocks locks = {});
  ~Deploying();

  Api& api() { return api_; }
  /// Serves what the catalog has; `done` when every shard does. Takes long with many apps. Follows
  /// tags from then on, and takes back what is to be taken back.
  void load(std::function<void()> done);
  /// The file's [limits] have changed, which the catalog's tenants inherit.
  void refresh() { operations_.refresh(); }
  /// The file's tenants or routes have changed.
  void fileChanged() { operations_.fileChanged(); }
  /// Lets nobody change anything from now on. `ended` once nobody does any more, on any thread.
  void closeChanges(std::function<void()> ended) { operations_.changes().close(std::move(ended)); }
  /// Gives up those that are under way, and take long.
  void interruptChanges() { operations_.cancel(); }
  void openChanges();
  int catalogLock() const { return catalog_->lock(); }
  int blobsLock() const { return blobs_->lock(); }
  /// Whatever takes long is to end soon. Any thread; does not block.
  void giveUp() { operations_.cancel(); }
  /// Nothing is changed any more: gives up what takes long.
  void cancel();

 private:
  Deploying(const Config& config, LiveApps& live, CertificateSet& certificates,
            std::unique_ptr<Catalog> catalog, std::unique_ptr<BlobStore> blobs, Api::Info info);

  LiveApps& live_;
  const std::unique_ptr<Catalog> catalog_;
  const std::unique_ptr<BlobStore> blobs_;
  RegistryImages images_;
  Operations operations_;
  Api api_;
  std::unique_ptr<Watcher> watcher_;
};

}  // namespace skiff
