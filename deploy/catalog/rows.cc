#include "deploy/catalog/rows.h"

#include <sqlite3.h>

#include <algorithm>
#include <limits>

#include "config/printable.h"
#include "deploy/catalog/words.h"

namespace skiff {
namespace {

using sqlite::Database;
using sqlite::Statement;

const std::string kSelectTenant = "SELECT name, document, revision, created, updated FROM tenants ";
const std::string kSelectApp =
    "SELECT tenant, name, document, override_key, revision, created, updated FROM apps ";
const std::string kSelectVersion =
    "SELECT tenant, app, version, digest, module_digest, module_size, tree, reference, abi,"
    " settings, signature, signature_detail, created, created_by FROM versions ";
const std::string kSelectDeployment =
    "SELECT tenant, app, number, sticky, auto_rollback, cause, rolls_back_to, revision, created,"
    " created_by FROM deployments ";

template <class Enumeration>
Enumeration known(std::optional<Enumeration> enumerator) {
  if (!enumerator) throw sqlite::Failure(SQLITE_CORRUPT, "a column holds an unknown word");
  return *enumerator;
}

TenantRecord tenantIn(const Statement& row) {
  TenantRecord tenant;
  tenant.name = row.text(0);
  tenant.document = row.text(1);
  tenant.revision = row.integer(2);
  tenant.created = row.integer(3);
  tenant.updated = row.integer(4);
  return tenant;
}

AppRecord appIn(const Statement& row) {
  AppRecord app;
  app.tenant = row.text(0);
  app.name = row.text(1);
  app.document = row.text(2);
  app.overrideKey = row.text(3);
  app.revision = row.integer(4);
  app.created = row.integer(5);
  app.updated = row.integer(6);
  return app;
}

VersionRecord versionIn(Database& database, const Statement& row) {
  VersionRecord version;
  version.tenant = row.text(0);
  version.app = row.text(1);
  version.version = row.text(2);
  version.digest = row.text(3);
  version.moduleDigest = row.text(4);
  version.moduleSize = static_cast<std::uint64_t>(row.integer(5));
  version.tree = row.text(6);
  version.reference = row.text(7);
  version.abi = row.text(8);
  version.settings = row.text(9);
  version.signature = known(signatureVerdictOf(row.text(10)));
  version.signatureDetail = row.text(11);
  version.created = row.integer(12);
  version.createdBy = row.text(13);
  Statement blobs = database.query(
      "SELECT digest FROM version_blobs WHERE tenant = ?1 AND app = ?2 AND version = ?3"
      " ORDER BY position",
      version.tenant, version.app, version.version);
  while (blobs.step()) version.blobs.push_back(blobs.text(0));
  return version;
}

DeploymentRecord deploymentIn(Database& database, const Statement& row) {
  DeploymentRecord deployment;
  deployment.tenant = row.text(0);
  deployment.app = row.text(1);
  deployment.number = row.integer(2);
  deployment.sticky = row.text(3);
  deployment.autoRollback = row.text(4);
  deployment.cause = known(deploymentCauseOf(row.text(5)));
  deployment.rollsBackTo = row.integer(6);
  deployment.revision = row.integer(7);
  deployment.created = row.integer(8);
  deployment.createdBy = row.text(9);
  Statement split = database.query(
      "SELECT version, weight FROM splits WHERE tenant = ?1 AND app = ?2 AND number = ?3"
      " ORDER BY position",
      deployment.tenant, deployment.app, deployment.number);
  while (split.step()) {
    deployment.split.push_back({split.text(0), static_cast<std::uint32_t>(split.integer(1))});
  }
  return deployment;
}

}  // namespace

std::int64_t limitOf(std::size_t limit) {
  constexpr auto kMost = static_cast<std::size_t>(std::numeric_limits<std::int64_t>::max());
  return static_cast<std::int64_t>(std::min(limit, kMost));
}

std::optional<TenantRecord> findTenant(Database& database, std::string_view name) {
  Statement row = database.query(kSelectTenant + "WHERE name = ?1", name);
  if (!row.step()) return std::nullopt;
  return tenantIn(row);
}

std::optional<AppRecord> findApp(Database& database, std::string_view tenant,
                                 std::string_view name) {
  Statement row = database.query(kSelectApp + "WHERE tenant = ?1 AND name = ?2", tenant, name);
  if (!row.step()) return std::nullopt;
  return appIn(row);
}

std::optional<VersionRecord> findVersion(Database& database, std::string_view tenant,
                                         std::string_view app, std::string_view version) {
  Statement row = database.query(kSelectVersion + "WHERE tenant = ?1 AND app = ?2 AND version = ?3",
                                 tenant, app, version);
  if (!row.step()) return std::nullopt;
  return versionIn(database, row);
}

std::optional<DeploymentRecord> findDeployment(Database& database, std::string_view tenant,
                                               std::string_view app, std::int64_t number) {
  Statement row = database.query(
      kSelectDeployment + "WHERE tenant = ?1 AND app = ?2 AND number = ?3", tenant, app, number);
  if (!row.step()) return std::nullopt;
  return deploymentIn(database, row);
}

std::optional<DeploymentRecord> findCurrentDeployment(Database& database, std::string_view tenant,
                                                      std::string_view app) {
  auto newest = listDeployments(database, tenant, app, 1);
  if (newest.empty()) return std::nullopt;
  return std::move(newest.front());
}

std::vector<TenantRecord> listTenants(Database& database, std::string_view after,
                                      std::size_t limit) {
  Statement row = database.query(kSelectTenant + "WHERE name > ?1 ORDER BY name LIMIT ?2", after,
                                 limitOf(limit));
  std::vector<TenantRecord> list;
  while (row.step()) list.push_back(tenantIn(row));
  return list;
}

std::vector<AppRecord> listApps(Database& database, std::string_view tenant, std::string_view after,
                                std::size_t limit) {
  Statement row =
      database.query(kSelectApp + "WHERE tenant = ?1 AND name > ?2 ORDER BY name LIMIT ?3", tenant,
                     after, limitOf(limit));
  std::vector<AppRecord> list;
  while (row.step()) list.push_back(appIn(row));
  return list;
}

std::vector<VersionRecord> listVersions(Database& database, std::string_view tenant,
                                        std::string_view app, std::size_t limit) {
  Statement row = database.query(
      kSelectVersion + "WHERE tenant = ?1 AND app = ?2 ORDER BY revision DESC LIMIT ?3", tenant,
      app, limitOf(limit));
  std::vector<VersionRecord> list;
  while (row.step()) list.push_back(versionIn(database, row));
  return list;
}

std::vector<DeploymentRecord> listDeployments(Database& database, std::string_view tenant,
                                              std::string_view app, std::size_t limit) {
  Statement row = database.query(
      kSelectDeployment + "WHERE tenant = ?1 AND app = ?2 ORDER BY number DESC LIMIT ?3", tenant,
      app, limitOf(limit));
  std::vector<DeploymentRecord> list;
  while (row.step()) list.push_back(deploymentIn(database, row));
  return list;
}

std::vector<std::pair<std::string, std::string>> openSecrets(Database& database,
                                                             const SecretCipher& cipher,
                                                             std::string_view tenant,
                                                             std::string_view app) {
  Statement row = database.query(
      "SELECT name, sealed FROM secrets WHERE tenant = ?1 AND app = ?2 ORDER BY name", tenant, app);
  std::vector<std::pair<std::string, std::string>> sealed;
  while (row.step()) sealed.emplace_back(row.text(0), row.blob(1));
  // Each value where it stays: a vector that grows, or a string that moves, would leave copies.
  std::vector<std::pair<std::string, std::string>> secrets(sealed.size());
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    auto& [name, value] = secrets[i];
    name = std::move(sealed[i].first);
    if (!cipher.open(sealed[i].second, {"secret", tenant, app, name}, value)) {
      throw sqlite::Failure(SQLITE_CORRUPT, "the secret " + inQuotes(name) + " of the app " +
                                                inQuotes(app) + " of the tenant " +
                                                inQuotes(tenant) +
                                                " is damaged: put it again, or delete it");
    }
  }
  return secrets;
}

}  // namespace skiff
