#include "deploy/catalog/audit_json.h"

#include <boost/json.hpp>

#include "deploy/catalog/words.h"

namespace skiff {
namespace {

namespace json = boost::json;

json::string_view text(std::string_view of) {
  return {of.data(), of.size()};
}

}  // namespace

std::string auditJson(const VersionRecord& version) {
  json::object object{{"digest", version.digest}};
  if (!version.reference.empty()) object["reference"] = version.reference;
  object["abi"] = version.abi;
  object["signature"] = text(wordOf(version.signature));
  return json::serialize(object);
}

std::string auditJson(const DeploymentRecord& deployment) {
  json::array split;
  for (const SplitEntry& entry : deployment.split) {
    split.push_back(json::object{{"version", entry.version}, {"weight", entry.weight}});
  }
  json::object object{{"number", deployment.number}, {"split", std::move(split)}};
  if (!deployment.sticky.empty()) object["sticky"] = deployment.sticky;
  if (!deployment.autoRollback.empty()) {
    boost::system::error_code error;
    json::value parsed = json::parse(deployment.autoRollback, error);
    object["auto_rollback"] = error ? json::value(deployment.autoRollback) : std::move(parsed);
  }
  object["cause"] = text(wordOf(deployment.cause));
  object["rolls_back_to"] = deployment.rollsBackTo;
  return json::serialize(object);
}

std::string auditJson(const TokenRecord& token) {
  json::object object{{"scope", text(wordOf(token.scope))}, {"note", token.note}};
  if (token.expires != 0) object["expires"] = token.expires;
  if (!token.parent.empty()) object["parent"] = token.parent;
  return json::serialize(object);
}

}  // namespace skiff
