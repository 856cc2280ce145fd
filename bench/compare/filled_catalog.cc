#include "bench/compare/filled_catalog.h"

#include <stdlib.h>
#include <unistd.h>

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

void fill(const std::filesystem::path& folder, std::size_t tenants, const std::string& hello) {
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

std::filesystem::path newFolder() {
  const std::filesystem::path memory = "/dev/shm";
  const auto parent =
      ::access(memory.c_str(), W_OK) == 0 ? memory : std::filesystem::temp_directory_path();
  std::string name = (parent / "skiff-bench-XXXXXX").string();
  if (!::mkdtemp(name.data())) throw std::runtime_error("cannot make a folder in " + name);
  return name;
}

void removeFolder(const std::filesystem::path& folder) {
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
}

}  // namespace

FilledCatalog::FilledCatalog(std::size_t tenants, const std::string& hello) : folder_(newFolder()) {
  try {
    fill(folder_, tenants, hello);
  } catch (...) {
    removeFolder(folder_);
    throw;
  }
}

FilledCatalog::~FilledCatalog() {
  removeFolder(folder_);
}

}  // namespace skiff::bench
