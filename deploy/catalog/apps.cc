#include "config/printable.h"
#include "deploy/catalog/bounds.h"
#include "deploy/catalog/messages.h"
#include "deploy/catalog/random_id.h"
#include "deploy/catalog/rows.h"
#include "deploy/catalog/sqlite_catalog.h"

namespace skiff {
namespace {

constexpr std::size_t kOverrideKeyBytes = 16;

std::string named(std::string_view tenant, std::string_view app) {
  return "the app " + inQuotes(app) + " of the tenant " + inQuotes(tenant);
}

}  // namespace

CatalogResult<Put<AppRecord>> SqliteCatalog::putApp(std::string_view actor, std::string_view tenant,
                                                    std::string_view name,
                                                    std::string_view document,
                                                    Precondition condition) {
  return change(actor, [&](Change& change) -> CatalogResult<Put<AppRecord>> {
    sqlite::Database& database = change.database();
    const auto before = findApp(database, tenant, name);
    if (!before && !findTenant(database, tenant)) return noTenant(tenant);
    if (auto error = refusal(condition, before ? std::optional(before->revision) : std::nullopt,
                             named(tenant, name))) {
      return *std::move(error);
    }
    if (!before && database.integer("SELECT count(*) FROM apps WHERE tenant = ?1", tenant) >=
                       catalog_bounds::kAppsOfTenant) {
      return beyondBound("the tenant " + inQuotes(tenant) + " has " +
                         std::to_string(catalog_bounds::kAppsOfTenant) +
                         " apps, which is the most: delete one first");
    }
    database.run(
        "INSERT INTO apps (tenant, name, document, override_key, revision, created, updated)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6) ON CONFLICT (tenant, name) DO UPDATE SET"
        " document = excluded.document, revision = excluded.revision, updated = excluded.updated",
        tenant, name, document, randomId(kOverrideKeyBytes), change.revision(), change.time());
    change.audit({.action = "app.put",
                  .tenant = tenant,
                  .app = name,
                  .before = before ? before->document : std::string_view(),
                  .after = document});
    return Put<AppRecord>{*findApp(database, tenant, name), !before};
  });
}

CatalogResult<void> SqliteCatalog::deleteApp(std::string_view actor, std::string_view tenant,
                                             std::string_view name, Precondition condition) {
  return change(actor, [&](Change& change) -> CatalogResult<void> {
    const auto before = findApp(change.database(), tenant, name);
    if (!before) return noApp(tenant, name);
    if (auto error = refusal(condition, before->revision, named(tenant, name))) {
      return *std::move(error);
    }
    change.database().run("DELETE FROM apps WHERE tenant = ?1 AND name = ?2", tenant, name);
    change.audit(
        {.action = "app.delete", .tenant = tenant, .app = name, .before = before->document});
    return {};
  });
}

CatalogResult<AppRecord> SqliteCatalog::app(std::string_view tenant, std::string_view name) const {
  return connections_.read([&](sqlite::Database& database) -> CatalogResult<AppRecord> {
    auto found = findApp(database, tenant, name);
    if (!found) return noApp(tenant, name);
    return *std::move(found);
  });
}

CatalogResult<std::vector<AppRecord>> SqliteCatalog::apps(std::string_view tenant,
                                                          std::string_view after,
                                                          std::size_t limit) const {
  return connections_.read(
      [&](sqlite::Database& database) -> CatalogResult<std::vector<AppRecord>> {
        if (!findTenant(database, tenant)) return noTenant(tenant);
        return listApps(database, tenant, after, limit);
      });
}

}  // namespace skiff
