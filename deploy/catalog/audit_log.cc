#include <limits>

#include "deploy/catalog/rows.h"
#include "deploy/catalog/sqlite_catalog.h"

namespace skiff {
namespace {

const std::string kSelectAudit =
    "SELECT revision, time, actor, action, tenant, app, subject, before, after FROM audit ";

}  // namespace

CatalogResult<std::vector<AuditRecord>> SqliteCatalog::audit(std::string_view tenant,
                                                             Revision before,
                                                             std::size_t limit) const {
  if (before == 0) before = std::numeric_limits<Revision>::max();
  return connections_.read(
      [&](sqlite::Database& database) -> CatalogResult<std::vector<AuditRecord>> {
        // What an earlier owner of the name did is not for the present one.
        sqlite::Statement row =
            tenant.empty()
                ? database.query(
                      kSelectAudit + "WHERE revision < ?1 ORDER BY revision DESC LIMIT ?2", before,
                      limitOf(limit))
                : database.query(kSelectAudit +
                                     "WHERE tenant = ?3 AND revision < ?1 AND revision >="
                                     " coalesce((SELECT made FROM tenants WHERE name = ?3), 0)"
                                     " ORDER BY revision DESC LIMIT ?2",
                                 before, limitOf(limit), tenant);
        std::vector<AuditRecord> list;
        while (row.step()) {
          AuditRecord record;
          record.revision = row.integer(0);
          record.time = row.integer(1);
          record.actor = row.text(2);
          record.action = row.text(3);
          record.tenant = row.text(4);
          record.app = row.text(5);
          record.subject = row.text(6);
          record.before = row.text(7);
          record.after = row.text(8);
          list.push_back(std::move(record));
        }
        return list;
      });
}

}  // namespace skiff
