#include "server/api/operations.h"

#include <spdlog/spdlog.h>

#include <cerrno>
#include <system_error>

#include "server/api/operations_apply.h"

namespace skiff {
namespace {

/// What a tenant may know of it; where it is, the log says.
ApiProblem diskProblem(int number) {
  if (number == ENOSPC || number == EDQUOT) {
    return {ProblemCode::storageFull,
            "The daemon's disk is full, so nothing was changed. Have the operator make room below "
            "data_dir, and try again."};
  }
  return {ProblemCode::internal,
          "The daemon's disk cannot be written or read (" +
              std::generic_category().message(number) +
              "), so nothing was changed. Have the operator look at data_dir, and try again."};
}

}  // namespace

Operations::Operations(Parts parts)
    : parts_(std::move(parts)),
      tidier_([this](const std::stop_token& stop) { tidyWhenDue(stop); }) {
  parts_.runtime.onRollbackDue(
      [this](const AppRuntime::RollbackNotice& notice) { return autoRollback(notice); });
}

Operations::~Operations() {
  parts_.runtime.onRollbackDue({});
}

void Operations::cancel() {
  cancelled_ = true;
  const std::lock_guard lock(stopMutex_);
  stop_.request_stop();
}

void Operations::resume() {
  const std::lock_guard lock(stopMutex_);
  if (stop_.stop_requested()) stop_ = std::stop_source();
  cancelled_ = false;
}

ApiProblem problemOf(const CatalogError& error) {
  switch (error.kind) {
    case CatalogError::Kind::notFound:
      return notFoundProblem();
    case CatalogError::Kind::changed:
      return {ProblemCode::preconditionFailed,
              "It is not as If-Match or If-None-Match says: get it again, and decide anew."};
    case CatalogError::Kind::taken:
      // Whose it is is nobody's business.
      return {ProblemCode::hostTaken,
              "Another tenant has a certificate for this host; an operator may delete it."};
    case CatalogError::Kind::full:
      return {ProblemCode::invalid, error.message + ".", {{"", error.message + "."}}};
    case CatalogError::Kind::noRoom:
      return {ProblemCode::storageFull,
              "There is no room for it: " + error.message +
                  ". Delete apps that are not needed, deploy something smaller, or have the "
                  "operator raise [deploy] tenant_blobs_max."};
    case CatalogError::Kind::storage:
      break;
  }
  spdlog::error("catalog: {}", error.message);
  if (error.system != 0) return diskProblem(error.system);
  return {ProblemCode::internal,
          "The catalog could not be read or written; nothing was changed. Try again, or see the "
          "operator's log."};
}

ApiProblem problemOf(const BlobError& error) {
  if (error.system != 0) {
    spdlog::error("blobs: {}", error.message);
    return diskProblem(error.system);
  }
  if (error.kind == BlobError::Kind::full) {
    return {ProblemCode::storageFull,
            "The store of modules and images is full: delete apps, or raise [deploy] blobs_max."};
  }
  spdlog::error("blobs: {}", error.message);
  return {ProblemCode::internal,
          "The store of modules and images could not be read or written; see the operator's log."};
}

ApiProblem Operations::refusalProblem(const Caller& caller,
                                      const AppRuntime::Refusal& refusal) const {
  switch (refusal.kind) {
    case AppRuntime::Refusal::Kind::routes:
      // Whose the other app is is nobody's business but the operator's.
      if (caller.isOperator() || refusal.otherTenant.empty()) {
        return {ProblemCode::routeTaken, refusal.message};
      }
      return {ProblemCode::routeTaken, "A route is another tenant's; choose another host or path."};
    case AppRuntime::Refusal::Kind::module:
      return {ProblemCode::moduleRefused, refusal.message};
    case AppRuntime::Refusal::Kind::overloaded:
      return {ProblemCode::notReady, refusal.message + "; it is not the module's fault: try again"};
    case AppRuntime::Refusal::Kind::notReady:
      return {ProblemCode::notReady, "The daemon is starting or ending; try again in a moment."};
    case AppRuntime::Refusal::Kind::committed:
      break;
  }
  return {ProblemCode::internal, "The change was not made; try again."};
}

std::vector<TenantConfig> Operations::fileTenants() const {
  return parts_.fileTenants ? parts_.fileTenants() : std::vector<TenantConfig>();
}

ApiResult<void> Operations::requireWritable(const std::string& tenant) const {
  if (!parts_.runtime.isFileTenant(tenant)) return {};
  return ApiProblem{ProblemCode::readOnly,
                    "This tenant is in the configuration file: change it there, and reload."};
}

ApiResult<std::vector<AuditRecord>> Operations::audit(const std::string& tenant, Revision before,
                                                      std::size_t limit) const {
  auto records = parts_.catalog.audit(tenant, before, limit);
  if (records.has_error()) return problemOf(records.error());
  return *std::move(records);
}

std::vector<AppRuntime::AppStatus> Operations::status(const std::string& tenant) const {
  return parts_.runtime.status(tenant);
}

}  // namespace skiff
