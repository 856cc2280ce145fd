#include "deploy/catalog/change.h"

#include <chrono>
#include <span>
#include <string>

#include "deploy/catalog/bounds.h"
#include "deploy/digest.h"

namespace skiff {
namespace {

/// Changes between two looks at how much one tenant has in the audit log.
constexpr Revision kTenantLookEvery = 64;

/// What goes into the audit log for a document: itself, or what it can be told by.
std::string audited(std::string_view document) {
  if (document.size() <= catalog_bounds::kAuditedDocument) return std::string(document);
  const std::span bytes(reinterpret_cast<const std::uint8_t*>(document.data()), document.size());
  return R"({"digest":")" + sha256Digest(bytes) + R"(","bytes":)" +
         std::to_string(document.size()) + "}";
}

}  // namespace

Revision Change::revision() {
  if (revision_ == 0) {
    revision_ = database_.integer("UPDATE catalog SET revision = revision + 1 RETURNING revision");
  }
  return revision_;
}

void Change::audit(const Audited& record) {
  database_.run("INSERT INTO audit VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)", revision(), time_,
                actor_, record.action, record.tenant, record.app, record.subject,
                audited(record.before), audited(record.after));
  // A few at a time, so that no change waits for the removal of many. Each revision has one record.
  const auto oldest =
      time_ -
      std::chrono::duration_cast<std::chrono::milliseconds>(catalog_bounds::kAuditAge).count();
  database_.run(
      "DELETE FROM audit WHERE revision IN (SELECT revision FROM"
      " (SELECT revision, time FROM audit ORDER BY revision LIMIT 16)"
      " WHERE revision <= ?1 OR time < ?2)",
      revision() - catalog_bounds::kAuditRecords, oldest);
  if (!record.tenant.empty() && revision() % kTenantLookEvery == 0) {
    database_.run(
        "DELETE FROM audit WHERE tenant = ?1 AND revision <= (SELECT revision FROM audit"
        " WHERE tenant = ?1 ORDER BY revision DESC LIMIT 1 OFFSET ?2)",
        record.tenant, catalog_bounds::kAuditRecordsOfTenant);
  }
}

}  // namespace skiff
