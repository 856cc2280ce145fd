#include <algorithm>

#include "config/printable.h"
#include "deploy/catalog/audit_json.h"
#include "deploy/catalog/messages.h"
#include "deploy/catalog/rows.h"
#include "deploy/catalog/sqlite_catalog.h"
#include "deploy/catalog/words.h"

namespace skiff {
namespace {

std::int64_t sizeOf(const ContentBound& bound, const std::string& name) {
  const auto found = std::find_if(bound.sizes.begin(), bound.sizes.end(),
                                  [&](const ContentSize& one) { return one.name == name; });
  return found == bound.sizes.end() ? 0 : static_cast<std::int64_t>(found->bytes);
}

void insert(Change& change, const VersionRecord& version, const ContentBound& bound) {
  change.database().run(
      "INSERT INTO versions (tenant, app, version, digest, module_digest, module_size, tree,"
      " reference, abi, settings, signature, signature_detail, revision, created, created_by,"
      " tree_size)"
      " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
      version.tenant, version.app, version.version, version.digest, version.moduleDigest,
      static_cast<std::int64_t>(version.moduleSize), version.tree, version.reference, version.abi,
      version.settings, wordOf(version.signature), version.signatureDetail, change.revision(),
      version.created, version.createdBy, sizeOf(bound, version.tree));
  std::int64_t position = 0;
  for (const std::string& digest : version.blobs) {
    change.database().run("INSERT INTO version_blobs VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                          version.tenant, version.app, version.version, position++, digest,
                          sizeOf(bound, digest));
  }
}

/// Of all content that the tenant's versions need, each counted once.
std::uint64_t bytesOf(sqlite::Database& database, std::string_view tenant) {
  return static_cast<std::uint64_t>(database.integer(
      "SELECT coalesce(sum(size), 0) FROM (SELECT max(size) AS size FROM"
      " (SELECT digest AS name, size FROM version_blobs WHERE tenant = ?1"
      " UNION ALL SELECT tree, tree_size FROM versions WHERE tenant = ?1 AND tree <> '')"
      " GROUP BY name)",
      tenant));
}

/// A signature that was found for a version after it was added, or by another key.
Put<VersionRecord> setSignature(Change& change, VersionRecord there, const VersionRecord& found) {
  const std::string before = auditJson(there);
  there.signature = found.signature;
  there.signatureDetail = found.signatureDetail;
  change.database().run(
      "UPDATE versions SET signature = ?4, signature_detail = ?5"
      " WHERE tenant = ?1 AND app = ?2 AND version = ?3",
      there.tenant, there.app, there.version, wordOf(there.signature), there.signatureDetail);
  change.audit({.action = "version.verify",
                .tenant = there.tenant,
                .app = there.app,
                .subject = there.version,
                .before = before,
                .after = auditJson(there)});
  return Put<VersionRecord>{std::move(there), false};
}

}  // namespace

CatalogResult<Put<VersionRecord>> SqliteCatalog::addVersion(std::string_view actor,
                                                            VersionRecord version,
                                                            const ContentBound& bound) {
  return change(actor, [&](Change& change) -> CatalogResult<Put<VersionRecord>> {
    sqlite::Database& database = change.database();
    if (!findApp(database, version.tenant, version.app)) return noApp(version.tenant, version.app);
    if (auto there = findVersion(database, version.tenant, version.app, version.version)) {
      if (there->digest == version.digest) {
        const bool isNews = version.signature == SignatureVerdict::verified &&
                            (there->signature != SignatureVerdict::verified ||
                             there->signatureDetail != version.signatureDetail);
        if (isNews) return setSignature(change, *std::move(there), version);
        return Put<VersionRecord>{*std::move(there), false};
      }
      return CatalogError{CatalogError::Kind::changed,
                          "the app " + inQuotes(version.app) + " of the tenant " +
                              inQuotes(version.tenant) + " has a version " +
                              inQuotes(version.version) + " already, of another digest, " +
                              inQuotes(there->digest)};
    }
    version.created = change.time();
    version.createdBy = actor;
    insert(change, version, bound);
    const std::uint64_t bytes = bytesOf(database, version.tenant);
    if (bytes > bound.most) return noRoom(version.tenant, bytes, bound.most);
    change.audit({.action = "version.add",
                  .tenant = version.tenant,
                  .app = version.app,
                  .subject = version.version,
                  .after = auditJson(version)});
    return Put<VersionRecord>{version, true};
  });
}

CatalogResult<VersionRecord> SqliteCatalog::version(std::string_view tenant, std::string_view app,
                                                    std::string_view version) const {
  return connections_.read([&](sqlite::Database& database) -> CatalogResult<VersionRecord> {
    auto found = findVersion(database, tenant, app, version);
    if (!found) return noVersion(tenant, app, version);
    return *std::move(found);
  });
}

CatalogResult<std::vector<VersionRecord>> SqliteCatalog::versions(std::string_view tenant,
                                                                  std::string_view app,
                                                                  std::size_t limit) const {
  return connections_.read(
      [&](sqlite::Database& database) -> CatalogResult<std::vector<VersionRecord>> {
        if (!findApp(database, tenant, app)) return noApp(tenant, app);
        return listVersions(database, tenant, app, limit);
      });
}

CatalogResult<std::size_t> SqliteCatalog::pruneVersions(std::string_view actor,
                                                        std::string_view tenant,
                                                        std::string_view app, std::size_t keep) {
  return change(actor, [&](Change& change) -> CatalogResult<std::size_t> {
    sqlite::Database& database = change.database();
    if (!findApp(database, tenant, app)) return noApp(tenant, app);
    const auto current = findCurrentDeployment(database, tenant, app);
    const std::int64_t number = current ? current->number : 0;
    const std::int64_t target = current ? current->rollsBackTo : 0;
    std::string gone;  // as JSON; names of versions have only hexadecimal digits
    std::size_t count = 0;
    {
      sqlite::Statement row = database.query(
          "SELECT version FROM versions WHERE tenant = ?1 AND app = ?2 AND version NOT IN"
          " (SELECT version FROM splits WHERE tenant = ?1 AND app = ?2 AND number IN (?3, ?4))"
          " AND revision <= (SELECT revision FROM versions WHERE tenant = ?1 AND app = ?2"
          " ORDER BY revision DESC LIMIT 1 OFFSET ?5) ORDER BY revision",
          tenant, app, number, target, limitOf(keep));
      std::vector<std::string> versions;
      while (row.step()) versions.push_back(row.text(0));
      for (const std::string& version : versions) {
        database.run("DELETE FROM versions WHERE tenant = ?1 AND app = ?2 AND version = ?3", tenant,
                     app, version);
        gone += (gone.empty() ? "\"" : ",\"") + version + "\"";
      }
      count = versions.size();
    }
    if (count == 0) return count;
    change.audit({.action = "version.prune",
                  .tenant = tenant,
                  .app = app,
                  .before = R"({"versions":[)" + gone + "]}"});
    return count;
  });
}

CatalogResult<std::uint64_t> SqliteCatalog::contentBytes(
    std::string_view tenant, const std::vector<ContentSize>& more) const {
  return connections_.read([&](sqlite::Database& database) -> CatalogResult<std::uint64_t> {
    std::uint64_t bytes = bytesOf(database, tenant);
    for (const ContentSize& one : more) {
      const bool isThere =
          database.integer(
              "SELECT EXISTS (SELECT 1 FROM version_blobs WHERE digest = ?1 AND tenant = ?2)"
              " OR EXISTS (SELECT 1 FROM versions WHERE tree = ?1 AND tree <> '' AND tenant = ?2)",
              one.name, tenant) != 0;
      if (!isThere) bytes += one.bytes;
    }
    return bytes;
  });
}

}  // namespace skiff
