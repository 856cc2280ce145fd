#include "config/printable.h"
#include "deploy/catalog/bounds.h"
#include "deploy/catalog/messages.h"
#include "deploy/catalog/rows.h"
#include "deploy/catalog/sqlite_catalog.h"

namespace skiff {
namespace {

const std::string kSelect =
    "SELECT host, tenant, chain, summary, revision, created, created_by, sealed FROM certificates ";
constexpr int kSealed = 7;

CertificateRecord recordIn(const sqlite::Statement& row) {
  return {.host = row.text(0),
          .tenant = row.text(1),
          .chain = row.text(2),
          .summary = row.text(3),
          .revision = row.integer(4),
          .created = row.integer(5),
          .createdBy = row.text(6)};
}

std::optional<CertificateRecord> find(sqlite::Database& database, std::string_view host) {
  sqlite::Statement row = database.query(kSelect + "WHERE host = ?1", host);
  if (!row.step()) return std::nullopt;
  return recordIn(row);
}

}  // namespace

CatalogResult<Put<CertificateRecord>> SqliteCatalog::putCertificate(std::string_view actor,
                                                                    CertificateRecord record,
                                                                    std::string_view key) {
  return change(actor, [&](Change& change) -> CatalogResult<Put<CertificateRecord>> {
    sqlite::Database& database = change.database();
    if (!findTenant(database, record.tenant)) return noTenant(record.tenant);
    const auto before = find(database, record.host);
    if (before && before->tenant != record.tenant) {
      return CatalogError{CatalogError::Kind::taken,
                          "another tenant has a certificate for " + inQuotes(record.host)};
    }
    if (!before && database.integer("SELECT count(*) FROM certificates WHERE tenant = ?1",
                                    record.tenant) >= catalog_bounds::kCertificatesOfTenant) {
      return beyondBound("the tenant " + inQuotes(record.tenant) + " has " +
                         std::to_string(catalog_bounds::kCertificatesOfTenant) +
                         " certificates, which is the most: delete one first");
    }
    record.revision = change.revision();
    record.created = change.time();
    record.createdBy = change.actor();
    database.run("INSERT OR REPLACE INTO certificates VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                 record.host, record.tenant, record.chain, record.summary,
                 sqlite::Blob{cipher_.seal(key, {"certificate", record.tenant, record.host})},
                 record.revision, record.created, record.createdBy);
    change.audit({.action = "certificate.put",
                  .tenant = record.tenant,
                  .subject = record.host,
                  .before = before ? before->summary : std::string_view(),
                  .after = record.summary});
    return Put<CertificateRecord>{record, !before};
  });
}

CatalogResult<void> SqliteCatalog::deleteCertificate(std::string_view actor,
                                                     std::string_view tenant,
                                                     std::string_view host) {
  return change(actor, [&](Change& change) -> CatalogResult<void> {
    const auto before = find(change.database(), host);
    if (!before || before->tenant != tenant) return noCertificate(host);
    change.database().run("DELETE FROM certificates WHERE host = ?1", host);
    change.audit({.action = "certificate.delete",
                  .tenant = tenant,
                  .subject = host,
                  .before = before->summary});
    return {};
  });
}

CatalogResult<CertificateRecord> SqliteCatalog::certificate(std::string_view tenant,
                                                            std::string_view host) const {
  return connections_.read([&](sqlite::Database& database) -> CatalogResult<CertificateRecord> {
    auto found = find(database, host);
    if (!found || found->tenant != tenant) return noCertificate(host);
    return *std::move(found);
  });
}

CatalogResult<std::vector<CertificateRecord>> SqliteCatalog::certificates(std::string_view tenant,
                                                                          std::string_view after,
                                                                          std::size_t limit) const {
  return connections_.read(
      [&](sqlite::Database& database) -> CatalogResult<std::vector<CertificateRecord>> {
        if (!findTenant(database, tenant)) return noTenant(tenant);
        sqlite::Statement row =
            database.query(kSelect + "WHERE tenant = ?1 AND host > ?2 ORDER BY host LIMIT ?3",
                           tenant, after, limitOf(limit));
        std::vector<CertificateRecord> records;
        while (row.step()) records.push_back(recordIn(row));
        return records;
      });
}

CatalogResult<void> SqliteCatalog::visitCertificates(
    const std::function<void(const CertificateRecord&, std::string_view key)>& visitor) const {
  return connections_.read([&](sqlite::Database& database) -> CatalogResult<void> {
    sqlite::Statement row = database.query(kSelect + "ORDER BY host");
    while (row.step()) {
      const CertificateRecord record = recordIn(row);
      std::string key;
      // Without its key, as after secrets.key was replaced, it is none.
      if (!cipher_.open(row.blob(kSealed), {"certificate", record.tenant, record.host}, key)) {
        key.clear();
      }
      visitor(record, key);
      cleanse(key);
    }
    return {};
  });
}

}  // namespace skiff
