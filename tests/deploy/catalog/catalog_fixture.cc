#include "tests/deploy/catalog/catalog_fixture.h"

#include <utility>

#include "deploy/catalog/sqlite.h"

namespace skiff::testing {
namespace {

template <class T>
T must(CatalogResult<T> result) {
  if (result.has_error()) throw std::runtime_error(result.error().message);
  return *std::move(result);
}

}  // namespace

VersionRecord versionNamed(std::string_view tenant, std::string_view app,
                           std::string_view version) {
  VersionRecord record;
  record.tenant = tenant;
  record.app = app;
  record.version = version;
  record.digest = "sha256:" + std::string(version) + "d";
  record.moduleDigest = "sha256:" + std::string(version) + "m";
  record.moduleSize = 1234;
  record.tree = std::string(version) + "t";
  record.reference = "registry.example/" + std::string(app) + ":1";
  record.abi = "wasi";
  record.settings = R"({"args":["a"]})";
  record.signature = SignatureVerdict::verified;
  record.signatureDetail = "by release.pub";
  record.blobs = {record.moduleDigest, record.digest, "sha256:shared"};
  return record;
}

DeploymentRecord deploymentOf(std::string_view tenant, std::string_view app,
                              std::vector<std::string> versions) {
  DeploymentRecord record;
  record.tenant = tenant;
  record.app = app;
  for (std::string& version : versions) record.split.push_back({std::move(version), 50});
  return record;
}

std::string numbers(std::int64_t first, std::int64_t last) {
  return "(WITH RECURSIVE n(value) AS (SELECT " + std::to_string(first) +
         " UNION ALL SELECT value + 1 FROM n WHERE value < " + std::to_string(last) +
         ") SELECT value FROM n)";
}

void CatalogTest::open() {
  auto opened = tryToOpen();
  if (opened.has_error()) throw std::runtime_error(opened.error().message);
  catalog_ = *std::move(opened);
}

void CatalogTest::alter(const std::string& sql) {
  close();
  sqlite::Database(file_, sqlite::Database::Use::writing).script(sql);
  open();
}

std::string CatalogTest::rawBytes(const std::filesystem::path& except) const {
  std::string bytes;
  for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
    if (entry.path() != except) bytes += folder_.read(entry.path().filename());
  }
  return bytes;
}

TenantRecord CatalogTest::putTenant(std::string_view name) {
  return must(catalog().putTenant("test", name, "{}", kAlways)).record;
}

AppRecord CatalogTest::putApp(std::string_view tenant, std::string_view name) {
  return must(catalog().putApp("test", tenant, name, R"({"routes":[]})", kAlways)).record;
}

VersionRecord CatalogTest::addVersion(std::string_view tenant, std::string_view app,
                                      std::string_view version) {
  return must(catalog().addVersion("test", versionNamed(tenant, app, version))).record;
}

DeploymentRecord CatalogTest::deploy(std::string_view tenant, std::string_view app,
                                     std::vector<std::string> versions) {
  return must(
      catalog().setDeployment("test", deploymentOf(tenant, app, std::move(versions)), kAlways));
}

DeploymentRecord CatalogTest::rollBack(std::string_view tenant, std::string_view app) {
  const auto current = must(catalog().deployment(tenant, app));
  DeploymentRecord record = must(catalog().deployment(tenant, app, current.rollsBackTo));
  record.cause = DeploymentCause::rollback;
  return must(catalog().setDeployment("test", record, kAlways));
}

}  // namespace skiff::testing
