#include "tests/e2e/catalog_filler.h"

#include <span>
#include <stdexcept>
#include <utility>

namespace skiff::e2e {
namespace {

constexpr std::string_view kActor = "seed";
constexpr ByteSize kBlobs = 16_GiB;

template <class T, class E>
T expectValue(Result<T, E> result) {
  if (result.has_error()) throw std::runtime_error(result.error().message);
  return *std::move(result);
}

}  // namespace

CatalogFiller::CatalogFiller(const std::filesystem::path& dataFolder)
    : catalog_(expectValue(openCatalog(dataFolder / "catalog.db", dataFolder / "secrets.key"))),
      blobs_(expectValue(BlobStore::open(dataFolder / "blobs", kBlobs))) {}

VersionRecord CatalogFiller::store(std::string_view module) {
  VersionRecord version;
  version.digest = expectValue(blobs_->put(std::as_bytes(std::span(module))));
  version.moduleDigest = version.digest;
  version.moduleSize = module.size();
  version.version = version.digest.substr(std::string_view("sha256:").size(), 16);
  version.abi = "http-wasm";
  version.signatureDetail = "The tenant's policy is off.";
  version.blobs = {version.digest};
  return version;
}

void CatalogFiller::serve(const std::string& tenant, VersionRecord version) {
  expectValue(catalog_->putTenant(kActor, tenant, "{}", {}));
  expectValue(
      catalog_->putApp(kActor, tenant, "web", R"({"routes":[")" + tenant + R"(.test/*"]})", {}));
  version.tenant = tenant;
  version.app = "web";
  DeploymentRecord deployment;
  deployment.tenant = tenant;
  deployment.app = "web";
  deployment.split = {{version.version, 10'000}};
  expectValue(catalog_->addVersion(kActor, std::move(version)));
  expectValue(catalog_->setDeployment(kActor, deployment, {}));
}

}  // namespace skiff::e2e
