#include "config/printable.h"
#include "deploy/catalog/audit_json.h"
#include "deploy/catalog/bounds.h"
#include "deploy/catalog/messages.h"
#include "deploy/catalog/rows.h"
#include "deploy/catalog/sqlite_catalog.h"
#include "deploy/catalog/words.h"

namespace skiff {
namespace {

bool isRollback(DeploymentCause cause) {
  return cause == DeploymentCause::rollback || cause == DeploymentCause::autoRollback;
}

void insert(sqlite::Database& database, const DeploymentRecord& deployment) {
  database.run(
      "INSERT INTO deployments (tenant, app, number, sticky, auto_rollback, cause, rolls_back_to,"
      " revision, created, created_by) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
      deployment.tenant, deployment.app, deployment.number, deployment.sticky,
      deployment.autoRollback, wordOf(deployment.cause), deployment.rollsBackTo,
      deployment.revision, deployment.created, deployment.createdBy);
  std::int64_t position = 0;
  for (const SplitEntry& entry : deployment.split) {
    database.run("INSERT INTO splits VALUES (?1, ?2, ?3, ?4, ?5, ?6)", deployment.tenant,
                 deployment.app, deployment.number, position++, entry.version,
                 static_cast<std::int64_t>(entry.weight));
  }
}

}  // namespace

CatalogResult<DeploymentRecord> SqliteCatalog::setDeployment(std::string_view actor,
                                                             DeploymentRecord record,
                                                             Precondition condition) {
  return change(actor, [&](Change& change) -> CatalogResult<DeploymentRecord> {
    sqlite::Database& database = change.database();
    if (!findApp(database, record.tenant, record.app)) return noApp(record.tenant, record.app);
    for (const SplitEntry& entry : record.split) {
      if (!findVersion(database, record.tenant, record.app, entry.version)) {
        return noVersion(record.tenant, record.app, entry.version);
      }
    }
    const auto before = findCurrentDeployment(database, record.tenant, record.app);
    if (auto error = refusal(condition, before ? std::optional(before->revision) : std::nullopt,
                             "the deployment of the app " + inQuotes(record.app) +
                                 " of the tenant " + inQuotes(record.tenant))) {
      return *std::move(error);
    }
    const std::int64_t last = before ? before->number : 0;
    record.number = last + 1;
    if (!isRollback(record.cause)) {
      record.rollsBackTo = last;
    } else if (!findDeployment(database, record.tenant, record.app, record.rollsBackTo)) {
      record.rollsBackTo = 0;  // too old to be kept
    }
    record.revision = change.revision();
    record.created = change.time();
    record.createdBy = actor;
    insert(database, record);
    database.run(
        "DELETE FROM deployments WHERE tenant = ?1 AND app = ?2 AND number <= ?3 AND number <> ?4",
        record.tenant, record.app, record.number - catalog_bounds::kDeployments,
        record.rollsBackTo);
    change.audit({.action = "deployment.set",
                  .tenant = record.tenant,
                  .app = record.app,
                  .subject = std::to_string(record.number),
                  .before = before ? auditJson(*before) : std::string(),
                  .after = auditJson(record)});
    return record;
  });
}

CatalogResult<DeploymentRecord> SqliteCatalog::deployment(std::string_view tenant,
                                                          std::string_view app) const {
  return connections_.read([&](sqlite::Database& database) -> CatalogResult<DeploymentRecord> {
    auto found = findCurrentDeployment(database, tenant, app);
    if (found) return *std::move(found);
    if (!findApp(database, tenant, app)) return noApp(tenant, app);
    return noDeployment(tenant, app);
  });
}

CatalogResult<DeploymentRecord> SqliteCatalog::deployment(std::string_view tenant,
                                                          std::string_view app,
                                                          std::int64_t number) const {
  return connections_.read([&](sqlite::Database& database) -> CatalogResult<DeploymentRecord> {
    auto found = findDeployment(database, tenant, app, number);
    if (found) return *std::move(found);
    if (!findApp(database, tenant, app)) return noApp(tenant, app);
    return noDeployment(tenant, app, number);
  });
}

CatalogResult<std::vector<DeploymentRecord>> SqliteCatalog::deployments(std::string_view tenant,
                                                                        std::string_view app,
                                                                        std::size_t limit) const {
  return connections_.read(
      [&](sqlite::Database& database) -> CatalogResult<std::vector<DeploymentRecord>> {
        if (!findApp(database, tenant, app)) return noApp(tenant, app);
        return listDeployments(database, tenant, app, limit);
      });
}

}  // namespace skiff
