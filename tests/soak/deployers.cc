// Those who deploy: versions, canaries, rollbacks, deletions, secrets, certificates; and who reads
// what guests log.
#include <algorithm>
#include <boost/json.hpp>
#include <map>
#include <memory>
#include <stdexcept>

#include "tests/e2e/admin_api.h"
#include "tests/server/tls/test_certificate.h"
#include "tests/server/tls/tls_client.h"
#include "tests/soak/actors.h"

namespace skiff::soak {
namespace {

namespace json = boost::json;
using Identities = std::set<std::string, std::less<>>;

/// Deploys the versions of one app.
class Deployer {
 public:
  Deployer(World& world, App& app)
      : world_(world), app_(app), api_(world.daemon()), path_(app.tenant + "/" + app.name) {}

  /// A version of it is served.
  bool isServing() const { return !current_.contains(Served::kNobody); }

  void act(std::mt19937& random) {
    if (!exists_) make();
    if (!exists_) return;
    if (!isServing()) return deployNew(random);
    switch (random() % 12) {
      case 0:
      case 1:
      case 2:
      case 3:
        return deployNew(random);
      case 4:
      case 5:
      case 6:
        return split(random);
      case 7:
      case 8:
        return rollBack();
      case 9:
        return random() % 4 != 0 ? remove() : putSecret(random);
      case 10:
        return putCertificate();
      default:
        return readLogs();
    }
  }

 private:
  /// False: nothing may be changed for a moment, since another process takes over.
  bool isDone(const e2e::ApiReply& reply, int status, const std::string& what) {
    if (reply.status == status) {
      world_.report().count(what);
      return true;
    }
    if (reply.status == 503 && reply.word("code") == "not_ready") {
      world_.report().count("changes put off by a restart");
      return false;
    }
    throw std::runtime_error(what + " of " + path_ + ": " + std::to_string(reply.status) + " " +
                             reply.text);
  }

  void make() {
    const auto reply = api_.put(e2e::appPath(path_), R"({"routes":[")" + app_.host + R"(/*"]})");
    exists_ = isDone(reply, 201, "apps made");
  }

  std::string upload() {
    const std::string identity = world_.identity(app_.tenant, app_.name, ++number_);
    const auto reply = api_.ask("POST", e2e::appPath(path_, "/versions"), World::module(identity),
                                "application/wasm");
    if (!isDone(reply, 201, "versions uploaded")) return {};
    const std::string version = reply.word("version");
    if (version.empty()) throw std::runtime_error("no version in " + reply.text);
    identities_[version] = identity;
    return version;
  }

  Identities identitiesOf(const json::value& deployment) const {
    Identities found;
    for (const json::value& entry : deployment.at("split").as_array()) {
      const std::string version(entry.at("version").as_string());
      found.insert(identities_.at(version));
    }
    return found;
  }

  void put(const std::string& body, const Identities& identities, const std::string& what) {
    app_.served.mayBecome(identities);
    const auto reply = api_.put(e2e::appPath(path_, "/deployment"), body);
    if (isDone(reply, 200, what)) current_ = identities;
    app_.served.is(current_);
  }

  void deployNew(std::mt19937& random) {
    const std::string version = upload();
    if (version.empty()) return;
    const std::string whole = R"({"split":[{"version":")" + version + R"(","weight":100}]})";
    if (current_.size() != 1 || !isServing() || random() % 2 == 0) {
      put(whole, {identities_.at(version)}, "versions deployed");
    } else {
      const std::string old = versionOf(*current_.begin());
      put(R"({"split":[{"version":")" + old + R"(","weight":90},{"version":")" + version +
              R"(","weight":10}]})",
          {*current_.begin(), identities_.at(version)}, "canaries");
    }
  }

  /// The last few: older ones may have been forgotten.
  void split(std::mt19937& random) {
    if (number_ < 2) return deployNew(random);
    const std::size_t most = std::min<std::size_t>(number_, 4);
    Identities chosen;
    std::string entries;
    for (std::size_t i = 0; i < most; ++i) {
      if (i > 1 && random() % 2 == 0) continue;
      const std::string identity = world_.identity(app_.tenant, app_.name, number_ - i);
      const std::string version = versionOf(identity);
      if (version.empty()) continue;
      chosen.insert(identity);
      entries += (entries.empty() ? "" : ",") + (R"({"version":")" + version + R"(","weight":)") +
                 std::to_string(1 + random() % 50) + "}";
    }
    if (chosen.empty()) return;
    put(R"({"split":[)" + entries + "]}", chosen, "splits");
  }

  void rollBack() {
    Identities all = current_;
    for (const auto& [version, identity] : identities_) all.insert(identity);
    app_.served.mayBecome(all);
    const auto reply = api_.post(e2e::appPath(path_, "/rollback"), "{}");
    if (reply.status == 409) {
      // There is nothing to go back to.
    } else if (isDone(reply, 200, "rollbacks")) {
      current_ = identitiesOf(reply.body);
    }
    app_.served.is(current_);
  }

  void remove() {
    app_.served.mayBecome({std::string(Served::kNobody)});
    const auto reply = api_.remove(e2e::appPath(path_));
    if (isDone(reply, 204, "apps deleted")) {
      exists_ = false;
      current_ = {std::string(Served::kNobody)};
      identities_.clear();
    }
    app_.served.is(current_);
  }

  void putSecret(std::mt19937& random) {
    isDone(api_.put(e2e::appPath(path_, "/secrets/KEY"),
                    R"({"value":")" + std::to_string(random()) + R"("})"),
           204, "secrets put");
  }

  void putCertificate() {
    using skiff::testing::TestCertificate;
    // None of the configuration file's is for a name of two labels.
    const std::string host = "deep." + app_.host;
    const auto routes = api_.put(e2e::appPath(path_),
                                 R"({"routes":[")" + app_.host + R"(/*",")" + host + R"(/*"]})");
    if (!isDone(routes, 200, "routes changed")) return;
    const auto made = TestCertificate::make({app_.tenant, "DNS:" + host, {}, -60, 30 * 24 * 3600});
    const auto reply = api_.put(
        "/v1/tenants/" + app_.tenant + "/certificates/" + host,
        json::serialize(json::object{{"certificate", made.certificate}, {"key", made.key}}));
    if (!isDone(reply, reply.status == 201 ? 201 : 200, "certificates put")) return;
    const skiff::testing::TlsClient client(world_.tlsPort(), {.host = host});
    if (client.isConnected() && client.commonName() == app_.tenant) return;
    world_.report().violation("the certificate of " + host + " is not shown, but that of \"" +
                              client.commonName() + "\": " + client.failure());
  }

  void readLogs() {
    const auto reply = api_.get(e2e::appPath(path_, "/logs"));
    if (!isDone(reply, 200, "logs read through the API")) return;
    const std::string found = world_.foreign(reply.text, app_.tenant);
    if (found.empty()) return;
    world_.report().violation("the log of " + path_ + " has another tenant's " + found,
                              "GET " + e2e::appPath(path_, "/logs"));
  }

  std::string versionOf(const std::string& identity) const {
    for (const auto& [version, one] : identities_) {
      if (one == identity) return version;
    }
    return {};
  }

  World& world_;
  App& app_;
  const e2e::AdminApi api_;
  const std::string path_;
  bool exists_ = false;
  std::size_t number_ = 0;
  Identities current_{std::string(Served::kNobody)};
  std::map<std::string, std::string> identities_;  ///< by version
};

}  // namespace

void startDeployers(Actors& actors, World& world) {
  // Each has some of the apps, so that no two change the same one.
  constexpr std::size_t kDeployers = 2;
  for (std::size_t first = 0; first < kDeployers; ++first) {
    const auto deployers = std::make_shared<std::vector<std::unique_ptr<Deployer>>>();
    for (std::size_t i = first; i < world.apps(); i += kDeployers) {
      deployers->push_back(std::make_unique<Deployer>(world, world.app(i)));
    }
    actors.start("deployer", std::chrono::milliseconds(150), [deployers](std::mt19937& random) {
      // Those that nobody can ask come first, mostly.
      const auto idle = std::find_if(deployers->begin(), deployers->end(),
                                     [](const auto& one) { return !one->isServing(); });
      const bool isFirst = idle != deployers->end() && random() % 3 != 0;
      (isFirst ? *idle : (*deployers)[random() % deployers->size()])->act(random);
    });
  }
}

}  // namespace skiff::soak
