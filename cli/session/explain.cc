// What a command says when the daemon's answer is no.
#include <algorithm>
#include <boost/json.hpp>
#include <ostream>

#include "cli/session/json_fields.h"
#include "cli/session/session.h"
#include "config/printable.h"
#include "config/suggest.h"

namespace skiff::cli {
namespace {

namespace json = boost::json;

constexpr std::size_t kMostNames = 8;

/// What to do about a problem of this code, where its detail may not say it in the client's words.
std::string_view hintFor(std::string_view code) {
  if (code == "unauthorized") return "log in: skiff login";
  if (code == "forbidden") return "this takes a token with a larger scope: skiff login, with that";
  if (code == "read_only") {
    return "it is defined in the daemon's configuration file: change that, then send SIGHUP";
  }
  if (code == "route_taken") return "skiff apps list shows which routes your apps have";
  if (code == "host_taken") return "skiff certificates list shows what your tenant has";
  if (code == "not_deployed") return "skiff deploy FILE.wasm --app NAME deploys a first version";
  if (code == "nothing_to_roll_back")
    return "skiff versions NAME lists what could be put: skiff split";
  if (code == "precondition_failed")
    return "somebody else changed it meanwhile: look, and try again";
  if (code == "too_many_requests") return "try again in a while";
  if (code == "not_ready") return "skiff status tells what the daemon is waiting for";
  return {};
}

/// The names of a list, quietly: none if it cannot be had.
std::vector<std::string> namesOf(const Access& access, const std::string& path) {
  const auto reply =
      transfer(access.address, {.target = path + "?limit=1000", .token = access.token});
  std::vector<std::string> names;
  if (!reply || reply->status != 200) return names;
  const json::value answer = parseJson(reply->body);
  for (const json::value& item : listOf(answer, "items")) names.push_back(textOf(item, "name"));
  return names;
}

std::string hintOfNames(std::string_view what, std::string_view word,
                        const std::vector<std::string>& names) {
  const std::vector<std::string_view> known(names.begin(), names.end());
  if (const auto near = nearestWord(word, known)) {
    return "did you mean \"" + std::string(*near) + "\"?";
  }
  std::string hint = std::string(what);
  for (std::size_t i = 0; i < names.size() && i < kMostNames; ++i) {
    hint += (i == 0 ? "" : ", ") + names[i];
  }
  return names.size() > kMostNames ? hint + ", …" : hint;
}

}  // namespace

/// What was perhaps meant by the tenant or the app that is not there.
std::string Session::nearNames() {
  if (!access_ || aboutTenant_.empty()) return {};
  const auto tenants = namesOf(*access_, "/v1/tenants");
  const bool isTenantThere =
      std::find(tenants.begin(), tenants.end(), aboutTenant_) != tenants.end();
  if (!isTenantThere) {
    if (tenants.empty()) return "there is no tenant yet: skiff tenants create " + aboutTenant_;
    return "there is no tenant " + inQuotes(aboutTenant_) + "; " +
           hintOfNames("known are ", aboutTenant_, tenants);
  }
  if (aboutApp_.empty()) return {};
  const auto apps = namesOf(*access_, pathOf({"tenants", aboutTenant_, "apps"}));
  if (std::find(apps.begin(), apps.end(), aboutApp_) != apps.end()) return {};
  const std::string none = "tenant " + aboutTenant_ + " has no app " + inQuotes(aboutApp_) + "; ";
  if (apps.empty()) return none + "it has none yet: skiff apps create, or deploy with --route";
  return none + hintOfNames("it has ", aboutApp_, apps);
}

ExitStatus Session::explain(const std::string& target, const Reply& reply) {
  const json::value problem = parseJson(reply.body);
  const std::string code = textOf(problem, "code");
  const std::string where = access_ ? access_->address.url() + target : target;
  if (reply.status < 400 || textOf(problem, "title").empty()) {
    return fail("unexpected answer from " + where + " (status " + std::to_string(reply.status) +
                "). Is this skiffd's [admin] listen address, and of this version?");
  }
  if (wantsJson()) console().out << jsonText(problem) << "\n";
  std::string message = textOf(problem, "detail");
  if (message.empty()) message = textOf(problem, "title");
  if (const std::string reason = textOf(problem, "reason"); !reason.empty()) {
    message += " (" + reason + ")";
  }
  std::string hint = code == "not_found" ? nearNames() : std::string(hintFor(code));
  const bool hasAnswer = reply.status != 500;
  fail(message, {}, ExitStatus::negative);
  for (const json::value& error : listOf(problem, "errors")) {
    const std::string key = textOf(error, "key");
    console().errors << "       " << printable(key) << (key.empty() ? "" : ": ")
                     << printable(textOf(error, "message")) << "\n";
  }
  if (!hint.empty()) console().errors << "       " << printable(hint) << "\n";
  return hasAnswer ? ExitStatus::negative : ExitStatus::failed;
}

}  // namespace skiff::cli
