#include "config/printable.h"
#include "deploy/catalog/bounds.h"
#include "deploy/catalog/messages.h"
#include "deploy/catalog/rows.h"
#include "deploy/catalog/sqlite_catalog.h"

namespace skiff {
namespace {

/// All that the audit log says of a secret beside its name.
constexpr std::string_view kSet = R"({"set":true})";

/// The app as it is with its secrets changed.
AppRecord touchApp(Change& change, std::string_view tenant, std::string_view app) {
  change.database().run(
      "UPDATE apps SET revision = ?3, updated = ?4 WHERE tenant = ?1 AND name = ?2", tenant, app,
      change.revision(), change.time());
  return *findApp(change.database(), tenant, app);
}

}  // namespace

CatalogResult<AppRecord> SqliteCatalog::putSecret(std::string_view actor, std::string_view tenant,
                                                  std::string_view app, std::string_view name,
                                                  std::string_view value) {
  if (value.size() > catalog_bounds::kSecretSize) {
    return beyondBound("the value of the secret " + inQuotes(name) + " has more than " +
                       std::to_string(catalog_bounds::kSecretSize) + " bytes");
  }
  return change(actor, [&](Change& change) -> CatalogResult<AppRecord> {
    sqlite::Database& database = change.database();
    if (!findApp(database, tenant, app)) return noApp(tenant, app);
    const bool isThere =
        database.integer(
            "SELECT count(*) FROM secrets WHERE tenant = ?1 AND app = ?2 AND name = ?3", tenant,
            app, name) != 0;
    if (!isThere && database.integer("SELECT count(*) FROM secrets WHERE tenant = ?1 AND app = ?2",
                                     tenant, app) >= catalog_bounds::kSecretsOfApp) {
      return beyondBound("the app " + inQuotes(app) + " of the tenant " + inQuotes(tenant) +
                         " has " + std::to_string(catalog_bounds::kSecretsOfApp) +
                         " secrets, which is the most: delete one first");
    }
    const std::string sealed = cipher_.seal(value, {"secret", tenant, app, name});
    database.run("INSERT OR REPLACE INTO secrets VALUES (?1, ?2, ?3, ?4)", tenant, app, name,
                 sqlite::Blob{sealed});
    AppRecord record = touchApp(change, tenant, app);
    change.audit({.action = "secret.put",
                  .tenant = tenant,
                  .app = app,
                  .subject = name,
                  .before = isThere ? kSet : std::string_view(),
                  .after = kSet});
    return record;
  });
}

CatalogResult<AppRecord> SqliteCatalog::deleteSecret(std::string_view actor,
                                                     std::string_view tenant, std::string_view app,
                                                     std::string_view name) {
  return change(actor, [&](Change& change) -> CatalogResult<AppRecord> {
    if (!findApp(change.database(), tenant, app)) return noApp(tenant, app);
    if (change.database().run("DELETE FROM secrets WHERE tenant = ?1 AND app = ?2 AND name = ?3",
                              tenant, app, name) == 0) {
      return noSecret(tenant, app, name);
    }
    AppRecord record = touchApp(change, tenant, app);
    change.audit(
        {.action = "secret.delete", .tenant = tenant, .app = app, .subject = name, .before = kSet});
    return record;
  });
}

CatalogResult<std::vector<std::string>> SqliteCatalog::secretNames(std::string_view tenant,
                                                                   std::string_view app) const {
  return connections_.read(
      [&](sqlite::Database& database) -> CatalogResult<std::vector<std::string>> {
        if (!findApp(database, tenant, app)) return noApp(tenant, app);
        sqlite::Statement row = database.query(
            "SELECT name FROM secrets WHERE tenant = ?1 AND app = ?2 ORDER BY name", tenant, app);
        std::vector<std::string> names;
        while (row.step()) names.push_back(row.text(0));
        return names;
      });
}

CatalogResult<std::vector<std::pair<std::string, std::string>>> SqliteCatalog::secrets(
    std::string_view tenant, std::string_view app) const {
  return connections_.read([&](sqlite::Database& database)
                               -> CatalogResult<std::vector<std::pair<std::string, std::string>>> {
    if (!findApp(database, tenant, app)) return noApp(tenant, app);
    return openSecrets(database, cipher_, tenant, app);
  });
}

}  // namespace skiff
