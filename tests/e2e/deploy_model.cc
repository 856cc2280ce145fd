#include "tests/e2e/deploy_model.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <cstdio>
#include <span>

#include "deploy/digest.h"
#include "tests/e2e/variants.h"

namespace skiff::e2e {
namespace {

namespace json = boost::json;

constexpr std::size_t kVersions = 6;
constexpr std::string_view kSpoken = "v0000000000";  // with its digit as long as "on behalf of"
/// Of the history, so much is looked at, and gone back in.
constexpr std::size_t kHistory = 20;
/// A rollback to a deployment that went back further than this says that there is none: of an app's
/// deployments 100 are kept.
constexpr std::int64_t kFarthestBack = 90;

struct Variant {
  std::string module;
  std::string name;  ///< of the version
};

/// A program that answers with its environment and with which of these it is.
const std::array<Variant, kVersions>& variants() {
  static const std::array<Variant, kVersions> kAll = [] {
    std::array<Variant, kVersions> all;
    for (std::size_t i = 0; i < kVersions; ++i) {
      all[i].module =
          withText(guestBytes("cgi"), "on behalf of", std::string(kSpoken) + std::to_string(i));
      const auto* bytes = reinterpret_cast<const std::uint8_t*>(all[i].module.data());
      const std::string digest = sha256Digest({bytes, all[i].module.size()});
      all[i].name = digest.substr(std::string_view("sha256:").size(), 16);
    }
    return all;
  }();
  return kAll;
}

std::size_t variantNamed(std::string_view name) {
  for (std::size_t i = 0; i < kVersions; ++i) {
    if (variants()[i].name == name) return i;
  }
  ADD_FAILURE() << "there is a version that nobody made: " << name;
  return kVersions;
}

/// The variables of the answer's "environment:" part.
std::map<std::string, std::string> environmentOf(const std::string& answer) {
  std::map<std::string, std::string> variables;
  std::size_t at = answer.find("\nenvironment:\n");
  if (at == std::string::npos) return variables;
  at = answer.find('\n', at + 1) + 1;
  while (answer.compare(at, 2, "  ") == 0) {
    const std::size_t end = answer.find('\n', at);
    const std::string line = answer.substr(at + 2, end - at - 2);
    const std::size_t equals = line.find('=');
    variables[line.substr(0, equals)] = line.substr(equals + 1);
    at = end + 1;
  }
  return variables;
}

std::string splitJson(const ModelDeployment& deployment) {
  json::array split;
  for (const auto& [version, weight] : deployment.split) {
    split.push_back(json::object{{"version", variants()[version].name}, {"weight", weight}});
  }
  return json::serialize(json::object{{"split", std::move(split)}});
}

ModelDeployment readDeployment(const json::object& shown) {
  ModelDeployment deployment;
  deployment.number = shown.at("number").as_int64();
  for (const json::value& entry : shown.at("split").as_array()) {
    deployment.split.emplace_back(variantNamed(std::string(entry.at("version").as_string())),
                                  entry.at("weight").to_number<std::uint32_t>());
  }
  const json::value& back = shown.at("rolls_back_to");
  if (!back.is_null()) deployment.rollsBackTo = back.as_int64();
  deployment.isRollback = shown.at("cause").as_string() == "rollback";
  return deployment;
}

json::value document(const AdminApi& api, const std::string& path) {
  const ApiReply reply = api.get(path);
  EXPECT_EQ(reply.status, 200) << path << ": " << reply.text;
  return reply.body;
}

}  // namespace

std::optional<std::size_t> versionSpeaking(std::string_view answer) {
  const std::size_t at = answer.find(kSpoken);
  if (at == std::string_view::npos || at + kSpoken.size() >= answer.size()) return std::nullopt;
  const auto number = static_cast<std::size_t>(answer[at + kSpoken.size()] - '0');
  return number < kVersions ? std::optional(number) : std::nullopt;
}

std::string TenantState::text() const {
  std::string text = "weight " + std::to_string(weight) + ", mark " + mark + ", secrets";
  for (const auto& [secret, value] : secrets) text += " " + secret + "=" + value;
  text += ", versions";
  for (const std::size_t version : versions) text += " " + std::to_string(version);
  text += hasOther ? ", another app" : ", no other app";
  for (const ModelDeployment& one : deployments) {
    text += "\n  " + std::to_string(one.number) + (one.isRollback ? " (rollback)" : "");
    for (const auto& [version, part] : one.split) {
      text += " " + std::to_string(version) + ":" + std::to_string(part);
    }
    text += ", back to " + std::to_string(one.rollsBackTo);
  }
  return text;
}

void TenantModel::begin(const AdminApi& api) {
  state_.mark = "m0";
  ASSERT_EQ(api.put("/v1/tenants/" + name_, R"({"limits":{"weight":1}})").status, 201);
  ASSERT_EQ(
      api.put(appPath(app()), R"({"routes":[")" + host() + R"(/*"],"env":{"MARK":"m0"}})").status,
      201);
  ASSERT_EQ(api.uploadBytes(app(), variants()[0].module), variants()[0].name);
  state_.versions = {0};
  state_.deployments = {{1, {{0, 10'000}}, 0, false}};
  ASSERT_EQ(api.put(appPath(app(), "/deployment"), splitJson(state_.deployments[0])).status, 200);
}

TenantModel::Change TenantModel::draw(std::mt19937& random) {
  const std::string value = std::to_string(++made_);
  const std::string number = std::to_string(random() % 3);
  Change change{"PUT", appPath(app()), {}, "application/json", state_};
  TenantState& after = change.after;
  const ModelDeployment& last = state_.deployments.back();
  const auto put = [&](ModelDeployment next) {
    next.number = last.number + 1;
    change.path = appPath(app(), "/deployment");
    change.body = splitJson(next);
    after.deployments.push_back(std::move(next));
    if (after.deployments.size() > kHistory) {
      after.deployments.erase(after.deployments.begin());
    }
  };
  const auto anyVersion = [&] {
    return *std::next(state_.versions.begin(),
                      static_cast<std::ptrdiff_t>(random() % state_.versions.size()));
  };
  switch (random() % 10) {
    case 0:
      after.weight = 1 + static_cast<std::uint32_t>(made_ % 100);
      change.path = "/v1/tenants/" + name_;
      change.body = R"({"limits":{"weight":)" + std::to_string(after.weight) + "}}";
      return change;
    case 1:
      after.mark = "m" + value;
      change.body = R"({"routes":[")" + host() + R"(/*"],"env":{"MARK":")" + after.mark + R"("}})";
      return change;
    case 2:
      after.secrets["SECRET" + number] = value;
      change.path = appPath(app(), "/secrets/SECRET" + number);
      change.body = R"({"value":")" + value + R"("})";
      return change;
    case 3:
      if (after.secrets.erase("SECRET" + number) == 0) return draw(random);
      change.method = "DELETE";
      change.path = appPath(app(), "/secrets/SECRET" + number);
      change.type.clear();
      return change;
    case 4: {
      const std::size_t version = random() % kVersions;
      after.versions.insert(version);
      change.method = "POST";
      change.path = appPath(app(), "/versions");
      change.type = "application/wasm";
      change.body = variants()[version].module;
      return change;
    }
    case 5:
      after.hasOther = !state_.hasOther;
      change.path = appPath(name_ + "/other");
      if (after.hasOther) {
        change.body = R"({"routes":["other.)" + host() + R"(/*"]})";
      } else {
        change.method = "DELETE";
        change.type.clear();
      }
      return change;
    case 6:
    case 7: {
      const auto target =
          std::find_if(state_.deployments.begin(), state_.deployments.end(),
                       [&](const ModelDeployment& one) { return one.number == last.rollsBackTo; });
      if (target == state_.deployments.end()) return draw(random);
      const bool isFar = last.number - target->rollsBackTo > kFarthestBack;
      if (isFar && target->rollsBackTo != 0) return draw(random);
      put({0, target->split, target->rollsBackTo, true});
      change.method = "POST";
      change.path = appPath(app(), "/rollback");
      change.body = "{}";
      return change;
    }
    case 8:
      put({0, {{anyVersion(), 10'000}}, last.number, false});
      return change;
    default: {
      const std::size_t one = anyVersion();
      const std::size_t other = anyVersion();
      if (one == other) return draw(random);
      const auto weight = static_cast<std::uint32_t>(random() % 10'000);
      put({0, {{one, 10'000 - weight}, {other, weight}}, last.number, false});
      return change;
    }
  }
}

std::string TenantModel::change(const AdminApi& api, std::mt19937& random) {
  const Change change = draw(random);
  inFlight_ = change.after;
  const ApiReply reply = api.ask(change.method, change.path, change.body, change.type);
  if (reply.status / 100 != 2) {
    return change.method + " " + change.path + " was answered with " +
           std::to_string(reply.status) + ": " + reply.text;
  }
  state_ = change.after;
  inFlight_.reset();
  ++counts_.acknowledged;
  return {};
}

TenantState TenantModel::look(const Daemon& daemon, const AdminApi& api) const {
  TenantState seen;
  seen.weight =
      document(api, "/v1/tenants/" + name_).at("limits").at("weight").to_number<std::uint32_t>();
  const json::value shown = document(api, appPath(app()));
  seen.mark = shown.at("env").at("MARK").as_string();
  const auto environment = environmentOf(daemon.get(host()).body);
  EXPECT_EQ(environment.count("MARK") == 0 ? std::string() : environment.at("MARK"), seen.mark);
  for (const json::value& secret : shown.at("secrets").as_array()) {
    const std::string name(secret.as_string());
    EXPECT_EQ(environment.count(name), 1U) << name << " is not what the app was given";
    if (environment.count(name) != 0) seen.secrets[name] = environment.at(name);
  }
  const json::value versions = document(api, appPath(app(), "/versions"));
  for (const json::value& version : versions.at("items").as_array()) {
    seen.versions.insert(variantNamed(std::string(version.at("version").as_string())));
  }
  const json::value history =
      document(api, appPath(app(), "/deployments?limit=" + std::to_string(kHistory)));
  for (const json::value& one : history.at("items").as_array()) {
    seen.deployments.insert(seen.deployments.begin(), readDeployment(one.as_object()));
  }
  EXPECT_EQ(readDeployment(shown.at("deployment").as_object()), seen.deployments.back());
  const int other = api.get(appPath(name_ + "/other")).status;
  EXPECT_TRUE(other == 200 || other == 404) << other;
  seen.hasOther = other == 200;
  const std::string reason = daemon.get("other." + host()).field("skiff-reason");
  EXPECT_EQ(reason, seen.hasOther ? "not_ready" : "no_route");
  return seen;
}

/// Each version of the split serves who asks for it; others get those that have a weight.
void TenantModel::expectServed(const Daemon& daemon, const AdminApi& api) const {
  const std::string key = ApiReply(api.get(appPath(app(), "/deployment"))).word("override_key");
  const auto& split = state_.deployments.back().split;
  std::set<std::size_t> weighted;
  for (const auto& [version, weight] : split) {
    if (weight != 0) weighted.insert(version);
    const std::string field = "skiff-version: " + variants()[version].name + " " + key + "\r\n";
    const Response response = daemon.connect().ask(request("GET", host(), "/", {}, field));
    EXPECT_EQ(response.status, 200) << response.body;
    EXPECT_EQ(versionSpeaking(response.body), version);
  }
  for (int i = 0; i < 4; ++i) {
    const auto version = versionSpeaking(daemon.get(host()).body);
    EXPECT_TRUE(version && weighted.contains(*version)) << version.value_or(kVersions);
  }
}

void TenantModel::settle(const Daemon& daemon, const AdminApi& api) {
  const TenantState seen = look(daemon, api);
  if (inFlight_) {
    ++counts_.inFlight;
    if (seen != state_ && seen == *inFlight_) {
      ++counts_.madeInFlight;
      state_ = *inFlight_;
    }
  }
  EXPECT_TRUE(seen == state_) << name_ << " is\n"
                              << seen.text() << "\ninstead of\n"
                              << state_.text()
                              << (inFlight_ ? "\nor\n" + inFlight_->text() : std::string());
  inFlight_.reset();
  expectServed(daemon, api);
}

}  // namespace skiff::e2e
