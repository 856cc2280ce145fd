#include "bench/coldstart/app_catalog.h"

#include <unistd.h>

#include <memory>
#include <span>
#include <stdexcept>

#include "deploy/blobs/blob_store.h"
#include "deploy/catalog/catalog.h"

namespace skiff::bench {
namespace {

constexpr std::string_view kActor = "bench";
constexpr ByteSize kBlobs = 16_GiB;

template <class T, class E>
T expectValue(Result<T, E> result) {
  if (result.has_error()) throw std::runtime_error(result.error().message);
  return *std::move(result);
}

void fill(const std::filesystem::path& folder, std::size_t count,
          const std::function<std::string(std::size_t)>& moduleOf) {
  const auto catalog = expectValue(openCatalog(folder / "catalog.db", folder / "secrets.key"));
  const auto blobs = expectValue(BlobStore::open(folder / "blobs", kBlobs));
  for (std::size_t i = 0; i < count; ++i) {
    const std::string tenant = "tenant" + std::to_string(i);
    const std::string module = moduleOf(i);
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
    DeploymentRecord deployment;
    deployment.tenant = tenant;
    deployment.app = "web";
    deployment.split = {{version.version, 10'000}};
    expectValue(catalog->putTenant(kActor, tenant, "{}", {}));
    expectValue(
        catalog->putApp(kActor, tenant, "web", R"({"routes":[")" + hostOf(i) + R"(/*"]})", {}));
    expectValue(catalog->addVersion(kActor, version));
    expectValue(catalog->setDeployment(kActor, deployment, {}));
  }
}

}  // namespace

std::string hostOf(std::size_t number) {
  return "tenant" + std::to_string(number) + ".test";
}

void fillCatalog(const std::filesystem::path& dataFolder, std::size_t count,
                 const std::function<std::string(std::size_t)>& module) {
  // Each change that the catalog acknowledges is synced: where there is memory to put it, it is
  // filled there, and then copied.
  const std::filesystem::path memory = "/dev/shm";
  if (::access(memory.c_str(), W_OK) != 0) return fill(dataFolder, count, module);
  std::string name = (memory / "skiff-bench-XXXXXX").string();
  if (!::mkdtemp(name.data())) throw std::runtime_error("cannot make a folder in /dev/shm");
  const auto removed = std::shared_ptr<void>(nullptr, [&](void*) {
    std::error_code ignored;
    std::filesystem::remove_all(name, ignored);
  });
  fill(name, count, module);
  std::filesystem::copy(
      name, dataFolder,
      std::filesystem::copy_options::recursive | std::filesystem::copy_options::overwrite_existing);
}

}  // namespace skiff::bench
