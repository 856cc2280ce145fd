#include "deploy/catalog/sqlite_catalog.h"

#include <limits>

#include "deploy/catalog/rows.h"

namespace skiff {
namespace {

using Secrets = std::vector<std::pair<std::string, std::string>>;

/// An app's secrets, which are not left in memory behind the visit.
class OpenSecrets {
 public:
  explicit OpenSecrets(Secrets secrets) : secrets_(std::move(secrets)) {}
  ~OpenSecrets() {
    for (auto& [name, value] : secrets_) cleanse(value);
  }
  OpenSecrets(const OpenSecrets&) = delete;
  OpenSecrets& operator=(const OpenSecrets&) = delete;
  const Secrets& get() const { return secrets_; }

 private:
  Secrets secrets_;
};

std::vector<VersionRecord> versionsOf(sqlite::Database& database,
                                      const DeploymentRecord& deployment) {
  std::vector<VersionRecord> versions;
  for (const SplitEntry& entry : deployment.split) {
    auto version = findVersion(database, deployment.tenant, deployment.app, entry.version);
    if (version) versions.push_back(*std::move(version));
  }
  return versions;
}

constexpr std::size_t kAll = std::numeric_limits<std::size_t>::max();
/// Tenants whose records are in memory at once.
constexpr std::size_t kVisitedAtOnce = 256;

}  // namespace

SqliteCatalog::SqliteCatalog(std::filesystem::path file, ProcessLock lock,
                             std::unique_ptr<sqlite::Database> writer, const SecretKey& key,
                             CatalogClock now)
    : now_(std::move(now)),
      cipher_(key),
      connections_(std::move(file), std::move(lock), std::move(writer)) {}

UnixMilliseconds SqliteCatalog::time() const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(now_().time_since_epoch()).count();
}

CatalogResult<void> SqliteCatalog::visit(const Visitor& visitor) const {
  return connections_.read([&](sqlite::Database& database) -> CatalogResult<void> {
    std::string after;
    while (true) {
      const auto tenants = listTenants(database, after, kVisitedAtOnce);
      if (tenants.empty()) return {};
      for (const TenantRecord& tenant : tenants) {
        visitor.tenant(tenant);
        for (const AppRecord& app : listApps(database, tenant.name, "", kAll)) {
          const OpenSecrets secrets(openSecrets(database, cipher_, tenant.name, app.name));
          const auto deployment = findCurrentDeployment(database, tenant.name, app.name);
          std::vector<VersionRecord> versions;
          if (deployment) versions = versionsOf(database, *deployment);
          visitor.app(app, secrets.get(), deployment, versions);
        }
      }
      after = tenants.back().name;
    }
  });
}

CatalogResult<Catalog::Content> SqliteCatalog::content() const {
  return connections_.read([&](sqlite::Database& database) -> CatalogResult<Content> {
    Content content;
    sqlite::Statement blobs = database.query("SELECT DISTINCT digest FROM version_blobs");
    while (blobs.step()) content.blobs.push_back(blobs.text(0));
    sqlite::Statement trees = database.query("SELECT DISTINCT tree FROM versions WHERE tree <> ''");
    while (trees.step()) content.trees.push_back(trees.text(0));
    return content;
  });
}

CatalogResult<bool> SqliteCatalog::hasBlob(std::string_view tenant, std::string_view digest) const {
  return connections_.read([&](sqlite::Database& database) -> CatalogResult<bool> {
    sqlite::Statement row = database.query(
        "SELECT 1 FROM version_blobs WHERE digest = ?1 AND tenant = ?2 LIMIT 1", digest, tenant);
    return row.step();
  });
}

}  // namespace skiff
