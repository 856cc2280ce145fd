#include "tests/deploy/catalog/catalog_fixture.h"

#include <utility>

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

void CatalogTest::open() {
  auto opened = tryToOpen();
  if (opened.has_error()) throw std::runtime_error(opened.error().message);
  catalog_ = *std::move(opened);
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
