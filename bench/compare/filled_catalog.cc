#include "bench/compare/filled_catalog.h"

#include <span>
#include <stdexcept>

#include "bench/compare/tenants.h"
#include "deploy/blobs/blob_store.h"
#include "deploy/catalog/catalog.h"

namespace skiff::bench {
namespace {

constexpr std::string_view kActor = "bench";

template <class T, class E>
T expectValue(Result<T, E> result) {
  if (result.has_error()) throw std::runtime_error(result.error().message);
  return *std::move(result);
}

}  // namespace

void fillCatalog(const std::filesystem::path& folder, std::size_t tenants,
                 const std::string& hello) {
  const auto catalog = expectValue(openCatalog(folder / "catalog.db", folder / "secrets.key"));
  const auto blobs = expectValue(BlobStore::open(folder / "blobs", 1_GiB));
  for (std::size_t i = 0; i < tenants; ++i) {
    const std::string tenant = tenantName(i);
    const std::string module = tenantModule(hello, i);
    expectValue(catalog->putTenant(kActor, tenant, "{}", {}));
    expectValue(
        catalog->putApp(kActor, tenant, "web", R"({"routes":[")" + tenant + R"(.test/*"]})", {}));
    VersionRecord version;
    version.tenant = tenant;
    version.app = "web";
    version.digest = expectValue(blobs->put(std::as_bytes(std::span(module))));
    version.moduleDigest = version.digest;
    version.moduleSize = module.size();
    version.version = version.digest.substr(std::string_view("sha256:").size(), 16);
    version.abi = "http-wasm";
    version.signatureDetail = "The tenant's policy is off.";
    version.blobs = {version.digest};
    expectValue(catalog->addVersion(kActor, version));
    DeploymentRecord deployment;
    deployment.tenant = tenant;
    deployment.app = "web";
    deployment.split = {{version.version, 10'000}};
    expectValue(catalog->setDeployment(kActor, deployment, {}));
  }
}

}  // namespace skiff::bench
