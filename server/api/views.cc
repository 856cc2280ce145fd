#include "server/api/views.h"

#include "server/api/json_io.h"

namespace skiff::views {
namespace {

namespace json = boost::json;

std::string_view clock(ClockKind kind) {
  switch (kind) {
    case ClockKind::frozen:
      return "frozen";
    case ClockKind::coarse:
      return "coarse";
    case ClockKind::precise:
      return "precise";
  }
  return "frozen";
}

std::string_view cause(DeploymentCause cause) {
  switch (cause) {
    case DeploymentCause::put:
      return "put";
    case DeploymentCause::rollback:
      return "rollback";
    case DeploymentCause::autoRollback:
      return "auto_rollback";
    case DeploymentCause::watch:
      return "watch";
  }
  return "put";
}

std::string_view verdict(SignatureVerdict verdict) {
  switch (verdict) {
    case SignatureVerdict::unchecked:
      return "unchecked";
    case SignatureVerdict::verified:
      return "verified";
    case SignatureVerdict::missing:
      return "missing";
    case SignatureVerdict::refused:
      return "refused";
  }
  return "unchecked";
}

std::string_view source(bool fromFile) {
  return fromFile ? "file" : "api";
}

void addTimes(json::object& view, Revision revision, UnixMilliseconds created,
              UnixMilliseconds updated) {
  view["revision"] = revision;
  view["created"] = timeValue(created);
  view["updated"] = timeValue(updated);
}

}  // namespace

std::string_view scope(Scope scope) {
  switch (scope) {
    case Scope::operator_:
      return "operator";
    case Scope::tenantAdmin:
      return "tenant-admin";
    case Scope::tenantRead:
      return "tenant-read";
  }
  return "tenant-read";
}

json::object limits(const Limits& limits) {
  return {{"cpu_ms", limits.cpu.count()},
          {"wall_ms", limits.wall.count()},
          {"request_body", limits.requestBody.text()},
          {"response_body", limits.responseBody.text()},
          {"queue_ms", limits.queue.count()},
          {"memory", limits.memory.text()},
          {"heap", limits.heap.text()},
          {"cpu_share", limits.cpuShare},
          {"cpu_burst_ms", limits.cpuBurst.count()},
          {"weight", limits.weight},
          {"memory_total", limits.memoryTotal.text()},
          {"concurrency", limits.concurrency},
          {"rate", limits.rate},
          {"rate_burst", limits.rateBurst},
          {"io_bytes_per_s", limits.ioBytesPerSecond.text()},
          {"io_ops_per_s", limits.ioOpsPerSecond},
          {"log_bytes_per_s", limits.logBytesPerSecond.text()}};
}

json::object tenant(const TenantView& view) {
  json::object shown{{"name", view.record.name},
                     {"limits", limits(view.limits)},
                     {"clock", clock(view.clock)},
                     {"hosts", json::array()},
                     {"signatures", {{"policy", "off"}, {"keys", json::array()}}},
                     {"registries", json::array()}};
  const json::value document = parseOwn(view.record.document);
  if (const json::object* keys = document.if_object()) {
    if (const json::value* hosts = keys->if_contains("hosts")) shown["hosts"] = *hosts;
    if (const json::value* registries = keys->if_contains("registries")) {
      shown["registries"] = *registries;
    }
    if (const json::value* signatures = keys->if_contains("signatures")) {
      if (const json::object* given = signatures->if_object()) {
        for (const auto& entry : *given) {
          shown["signatures"].as_object()[entry.key()] = entry.value();
        }
      }
    }
  }
  shown["source"] = source(view.fromFile);
  addTimes(shown, view.record.revision, view.record.created, view.record.updated);
  return shown;
}

json::object app(const AppView& view, const Caller& caller) {
  json::object shown{{"tenant", view.record.tenant}, {"name", view.record.name}};
  json::value document = parseOwn(view.record.document);
  if (json::object* keys = document.if_object()) {
    for (auto& entry : *keys) shown[entry.key()] = std::move(entry.value());
  }
  if (!shown.contains("routes")) shown["routes"] = json::array();
  shown["secrets"] = json::array(view.secrets.begin(), view.secrets.end());
  if (view.deployment) {
    shown["deployment"] = deployment(*view.deployment, view.record.overrideKey, caller);
  } else {
    shown["deployment"] = nullptr;
  }
  shown["source"] = source(view.fromFile);
  addTimes(shown, view.record.revision, view.record.created, view.record.updated);
  return shown;
}

json::object version(const VersionRecord& record, const std::vector<std::string>& notes) {
  return {
      {"version", record.version},
      {"digest", record.digest},
      {"module_digest", record.moduleDigest},
      {"size", record.moduleSize},
      {"abi", record.abi},
      {"reference", textOrNull(record.reference)},
      {"signature", {{"verdict", verdict(record.signature)}, {"detail", record.signatureDetail}}},
      {"notes", json::array(notes.begin(), notes.end())},
      {"created", timeValue(record.created)},
      {"created_by", record.createdBy}};
}

json::object deployment(const DeploymentRecord& record, std::string_view overrideKey,
                        const Caller& caller) {
  json::array split;
  for (const SplitEntry& entry : record.split) {
    split.push_back(json::object{{"version", entry.version}, {"weight", entry.weight}});
  }
  json::object shown{{"number", record.number},
                     {"split", std::move(split)},
                     {"sticky", textOrNull(record.sticky)},
                     {"auto_rollback", parseOwn(record.autoRollback)},
                     {"cause", cause(record.cause)},
                     {"rolls_back_to", nullptr},
                     {"revision", record.revision},
                     {"created", timeValue(record.created)},
                     {"created_by", record.createdBy}};
  if (record.rollsBackTo != 0) shown["rolls_back_to"] = record.rollsBackTo;
  if (caller.scope != Scope::tenantRead && !overrideKey.empty()) {
    shown["override_key"] = overrideKey;
  }
  return shown;
}

json::object audit(const AuditRecord& record) {
  return {{"revision", record.revision},
          {"time", timeValue(record.time)},
          {"actor", record.actor},
          {"action", record.action},
          {"tenant", textOrNull(record.tenant)},
          {"app", textOrNull(record.app)},
          {"subject", textOrNull(record.subject)},
          {"before", parseOwn(record.before)},
          {"after", parseOwn(record.after)}};
}

json::object token(const TokenRecord& record) {
  return {{"id", record.id},
          {"scope", scope(record.scope)},
          {"tenant", textOrNull(record.tenant)},
          {"note", record.note},
          {"created", timeValue(record.created)},
          {"expires", timeValue(record.expires)},
          {"parent", textOrNull(record.parent)}};
}

json::object status(const AppRuntime::AppStatus& status) {
  return {{"tenant", status.tenant},
          {"app", status.app},
          {"versions", json::array(status.versions.begin(), status.versions.end())},
          {"source", source(status.fromFile)},
          {"loaded", status.loaded},
          {"requests", status.requests},
          {"failed", status.failed},
          {"cpu_us", status.cpuMicroseconds},
          {"memory_bytes", status.memoryBytes},
          {"instances", status.instances}};
}

}  // namespace skiff::views
