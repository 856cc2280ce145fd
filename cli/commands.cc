#include "cli/commands.h"

#include <boost/json.hpp>
#include <ostream>

#include "cli/metrics_filter.h"
#include "config/printable.h"

namespace skiff {
namespace {

namespace json = boost::json;

ExitStatus fail(std::ostream& errors, std::string_view message) {
  errors << "skiff: " << printable(message) << "\n";
  return ExitStatus::failed;
}

ExitStatus failUnexpected(std::ostream& errors, const AdminAddress& address, std::string_view path,
                          const AdminReply& reply) {
  return fail(errors, "unexpected answer from " + address.url() + std::string(path) + " (status " +
                          std::to_string(reply.status) +
                          "). Is this skiffd's [admin] listen address?");
}

/// A member of a JSON object that is a string; empty if there is none.
std::string text(const json::value& object, std::string_view name) {
  const json::value* member = object.is_object() ? object.get_object().if_contains(name) : nullptr;
  return member && member->is_string() ? std::string(member->get_string()) : std::string();
}

json::value parse(const AdminReply& reply) {
  boost::system::error_code error;
  json::value value = json::parse(reply.body, error);
  return error ? json::value() : value;
}

}  // namespace

ExitStatus showStatus(const AdminAddress& address, std::ostream& out, std::ostream& errors) {
  const auto healthReply = getFromAdmin(address, "/healthz");
  if (!healthReply) return fail(errors, healthReply.error().message);
  const json::value health = parse(*healthReply);
  if (healthReply->status != 200 || text(health, "status") != "ok") {
    return failUnexpected(errors, address, "/healthz", *healthReply);
  }

  const auto readyReply = getFromAdmin(address, "/readyz");
  if (!readyReply) return fail(errors, readyReply.error().message);
  const json::value readiness = parse(*readyReply);
  const std::string state = text(readiness, "status");
  if (state != (readyReply->status == 200 ? "ready" : "not_ready")) {
    return failUnexpected(errors, address, "/readyz", *readyReply);
  }

  out << "skiffd " << printable(text(health, "version")) << " at " << address.url() << "\n"
      << "engine  " << printable(text(health, "engine")) << "\n"
      << "state   " << (state == "ready" ? "ready" : "not ready, waiting for") << "\n";
  if (state == "ready") return ExitStatus::success;
  if (const json::value* list = readiness.get_object().if_contains("not_ready");
      list && list->is_array()) {
    for (const json::value& entry : list->get_array()) {
      if (entry.is_string()) out << "        " << printable(entry.get_string()) << "\n";
    }
  }
  return ExitStatus::negative;
}

ExitStatus showMetrics(const AdminAddress& address, std::string_view pattern, std::ostream& out,
                       std::ostream& errors) {
  const auto reply = getFromAdmin(address, "/metrics");
  if (!reply) return fail(errors, reply.error().message);
  if (reply->status != 200) return failUnexpected(errors, address, "/metrics", *reply);
  const std::string selected = selectMetrics(reply->body, pattern);
  out << selected;
  return selected.empty() ? ExitStatus::negative : ExitStatus::success;
}

}  // namespace skiff
