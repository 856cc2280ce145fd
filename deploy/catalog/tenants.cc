#include "config/printable.h"
#include "deploy/catalog/messages.h"
#include "deploy/catalog/rows.h"
#include "deploy/catalog/sqlite_catalog.h"

namespace skiff {
namespace {

std::string named(std::string_view tenant) {
  return "the tenant " + inQuotes(tenant);
}

}  // namespace

CatalogResult<Put<TenantRecord>> SqliteCatalog::putTenant(std::string_view actor,
                                                          std::string_view name,
                                                          std::string_view document,
                                                          Precondition condition) {
  return change(actor, [&](Change& change) -> CatalogResult<Put<TenantRecord>> {
    const auto before = findTenant(change.database(), name);
    if (auto error = refusal(condition, before ? std::optional(before->revision) : std::nullopt,
                             named(name))) {
      return *std::move(error);
    }
    change.database().run(
        "INSERT INTO tenants (name, document, made, revision, created, updated)"
        " VALUES (?1, ?2, ?3, ?3, ?4, ?4) ON CONFLICT (name) DO UPDATE SET"
        " document = excluded.document, revision = excluded.revision, updated = excluded.updated",
        name, document, change.revision(), change.time());
    change.audit({.action = "tenant.put",
                  .tenant = name,
                  .before = before ? before->document : std::string_view(),
                  .after = document});
    return Put<TenantRecord>{*findTenant(change.database(), name), !before};
  });
}

CatalogResult<void> SqliteCatalog::deleteTenant(std::string_view actor, std::string_view name,
                                                Precondition condition) {
  return change(actor, [&](Change& change) -> CatalogResult<void> {
    const auto before = findTenant(change.database(), name);
    if (!before) return noTenant(name);
    if (auto error = refusal(condition, before->revision, named(name))) return *std::move(error);
    change.database().run(
        "DELETE FROM answers WHERE token IN (SELECT id FROM tokens WHERE tenant = ?1)", name);
    change.database().run("DELETE FROM tenants WHERE name = ?1", name);
    change.audit({.action = "tenant.delete", .tenant = name, .before = before->document});
    return {};
  });
}

CatalogResult<TenantRecord> SqliteCatalog::tenant(std::string_view name) const {
  return connections_.read([&](sqlite::Database& database) -> CatalogResult<TenantRecord> {
    auto found = findTenant(database, name);
    if (!found) return noTenant(name);
    return *std::move(found);
  });
}

CatalogResult<std::vector<TenantRecord>> SqliteCatalog::tenants(std::string_view after,
                                                                std::size_t limit) const {
  return connections_.read([&](sqlite::Database& database) {
    return CatalogResult<std::vector<TenantRecord>>(listTenants(database, after, limit));
  });
}

}  // namespace skiff
