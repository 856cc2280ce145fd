#include "server/deploying.h"

#include <spdlog/spdlog.h>

#include <system_error>

#include "server/api/tokens.h"
#include "server/live_apps.h"

namespace skiff {

Result<std::unique_ptr<Deploying>> Deploying::open(
    const Config& config, LiveApps& live, CertificateSet& certificates, std::string engine,
    std::function<std::vector<std::string>()> notReady, StateLocks locks) {
  const std::filesystem::path& folder = config.dataDir;
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) {
    return Error{"cannot make the data folder " + folder.string() + ": " + error.message() +
                 "; set data_dir to a folder that skiffd may write"};
  }
  auto catalog = openCatalog(
      folder / "catalog.db", folder / "secrets.key",
      [] { return std::chrono::system_clock::now(); }, locks.catalog.release());
  if (catalog.has_error()) return catalog.error();
  auto blobs =
      BlobStore::open(folder / BlobStore::kFolder, config.deploy.blobsMax, locks.blobs.release());
  if (blobs.has_error()) return Error{blobs.error().message};
  const std::filesystem::path token = folder / "operator.token";
  if (const auto made = ensureOperatorToken(**catalog, token); made.has_error()) {
    return made.error();
  }
  std::unique_ptr<Deploying> made(
      new Deploying(config, live, certificates, std::move(*catalog), std::move(*blobs),
                    {.engine = std::move(engine), .notReady = std::move(notReady)}));
  made->operations_.loadCertificates();
  return made;
}

Deploying::Deploying(const Config& config, LiveApps& live, CertificateSet& certificates,
                     std::unique_ptr<Catalog> catalog, std::unique_ptr<BlobStore> blobs,
                     Api::Info info)
    : live_(live),
      catalog_(std::move(catalog)),
      blobs_(std::move(blobs)),
      images_(*blobs_, config.deploy, [&live] { return live.registries(); }),
      operations_({.catalog = *catalog_,
                   .blobs = *blobs_,
                   .runtime = live,
                   .images = &images_,
                   .serverLimits = [&live] { return live.serverLimits(); },
                   .fileTenants = [&live] { return live.fileTenants(); },
                   .certificates = &certificates,
                   .versionsKept = config.deploy.versionsKept,
                   .tenantBlobsMax = config.deploy.tenantBlobsMax}),
      api_(operations_, std::move(info)) {}

Deploying::~Deploying() = default;

void Deploying::load(std::function<void()> done) {
  auto change = operations_.loadAll();
  if (change.has_error()) {
    spdlog::error("the catalog is not served: {}", change.error().message);
    change = AppRuntime::Change{};
  }
  for (const std::string& problem : live_.load(std::move(*change), std::move(done))) {
    spdlog::error("{}", problem);
  }
  watcher_ = std::make_unique<Watcher>(operations_);
}

void Deploying::openChanges() {
  operations_.resume();
  operations_.changes().open();
}

void Deploying::cancel() {
  giveUp();
  api_.cancel();
  if (watcher_) watcher_->stop();
}

}  // namespace skiff
