#include "tests/deploy/catalog/catalog_model.h"

#include <utility>

#include "tests/deploy/catalog/catalog_fixture.h"

namespace skiff::testing {
namespace {

constexpr const char* kActor = "model";

/// The key at a place in a map.
template <class Map>
std::string keyAt(const Map& map, std::size_t place) {
  return std::next(map.begin(), static_cast<std::ptrdiff_t>(place))->first;
}

}  // namespace

CatalogModel::Change CatalogModel::next() {
  if (tenants_.empty() || pick(12) == 0) return changeTenant();
  const std::string tenant = keyAt(tenants_, pick(tenants_.size()));
  const auto& apps = tenants_[tenant].apps;
  if (apps.empty() || pick(8) == 0) return changeApp(tenant);
  return changeWithin(tenant, keyAt(apps, pick(apps.size())));
}

CatalogModel::Change CatalogModel::changeTenant() {
  const std::string name = "tenant" + std::to_string(pick(4));
  if (tenants_.contains(name) && pick(4) == 0) {
    tenants_.erase(name);
    acted("tenant.delete");
    return
        [=](Catalog& catalog) { return catalog.deleteTenant(kActor, name, kAlways).has_value(); };
  }
  const std::string document = "{\"at\":" + std::to_string(changes()) + "}";
  tenants_[name].document = document;
  acted("tenant.put");
  return [=](Catalog& catalog) {
    return catalog.putTenant(kActor, name, document, kAlways).has_value();
  };
}

CatalogModel::Change CatalogModel::changeApp(const std::string& tenant) {
  auto& owner = tenants_[tenant];
  const std::string name = "app" + std::to_string(pick(3));
  const std::string text = std::to_string(changes());
  switch (pick(4)) {
    case 0:
      if (owner.apps.contains(name)) {
        owner.apps.erase(name);
        acted("app.delete");
        return [=](Catalog& catalog) {
          return catalog.deleteApp(kActor, tenant, name, kAlways).has_value();
        };
      }
      [[fallthrough]];
    case 1: {
      owner.tokens["hash" + text] = text;
      acted("token.add");
      TokenRecord token;
      token.tenant = tenant;
      token.note = text;
      return [=](Catalog& catalog) {
        return catalog.addToken(kActor, token, "hash" + text).has_value();
      };
    }
    default:
      owner.apps[name].document = text;
      acted("app.put");
      return [=](Catalog& catalog) {
        return catalog.putApp(kActor, tenant, name, text, kAlways).has_value();
      };
  }
}

CatalogModel::Change CatalogModel::changeWithin(const std::string& tenant, const std::string& app) {
  App& state = tenants_[tenant].apps[app];
  const std::string text = std::to_string(changes());
  const std::size_t choice = pick(8);
  if (choice < 2) {
    const std::string name = "SECRET" + std::to_string(pick(3));
    if (choice == 0 && state.secrets.erase(name) != 0) {
      acted("secret.delete");
      return [=](Catalog& catalog) {
        return catalog.deleteSecret(kActor, tenant, app, name).has_value();
      };
    }
    state.secrets[name] = text;
    acted("secret.put");
    return [=](Catalog& catalog) {
      return catalog.putSecret(kActor, tenant, app, name, text).has_value();
    };
  }
  if (choice < 6 && !state.versions.empty()) {
    const auto& done = state.deployments;
    const bool rollsBack = choice == 5 && !done.empty() && done.back().second != 0;
    DeploymentRecord record;
    if (rollsBack) {
      const auto& [version, furtherBack] = done[static_cast<std::size_t>(done.back().second - 1)];
      record = deploymentOf(tenant, app, {version});
      record.cause = DeploymentCause::rollback;
      record.rollsBackTo = furtherBack;
    } else {
      record = deploymentOf(tenant, app, {state.versions[pick(state.versions.size())]});
      record.rollsBackTo = static_cast<std::int64_t>(done.size());
    }
    state.deployments.emplace_back(record.split[0].version, record.rollsBackTo);
    acted("deployment.set");
    return [=](Catalog& catalog) {
      return catalog.setDeployment(kActor, record, kAlways).has_value();
    };
  }
  state.versions.push_back("v" + text);
  acted("version.add");
  return [=](Catalog& catalog) {
    return catalog.addVersion(kActor, versionNamed(tenant, app, "v" + text)).has_value();
  };
}

std::string CatalogModel::dump() const {
  std::string out;
  for (const auto& [name, tenant] : tenants_) {
    out += "tenant " + name + " " + tenant.document + "\n";
    for (const auto& [hash, note] : tenant.tokens) out += "  token " + note + "\n";
    for (const auto& [appName, app] : tenant.apps) {
      out += "  app " + appName + " " + app.document + "\n";
      for (const auto& [secret, value] : app.secrets) out += "    " + secret + "=" + value + "\n";
      for (auto version = app.versions.rbegin(); version != app.versions.rend(); ++version) {
        out += "    version " + *version + " with 3 blobs\n";
      }
      for (auto number = app.deployments.size(); number > 0; --number) {
        const auto& [version, rollsBackTo] = app.deployments[number - 1];
        out += "    deployment " + std::to_string(number) + " of " + version + " back to " +
               std::to_string(rollsBackTo) + "\n";
      }
    }
  }
  for (std::size_t i = 0; i < actions_.size(); ++i) {
    out += "audit " + std::to_string(i + 1) + " " + actions_[i] + "\n";
  }
  return out;
}

std::string dumpOf(const Catalog& catalog) {
  std::string out;
  for (const auto& tenant : *catalog.tenants("", 1'000)) {
    out += "tenant " + tenant.name + " " + tenant.document + "\n";
    std::map<std::string, std::string> tokens;
    for (const auto& token : *catalog.tokens(tenant.name)) tokens["hash" + token.note] = token.note;
    for (const auto& [hash, note] : tokens) {
      out += catalog.findToken(hash).has_value() ? "  token " + note + "\n" : "  lost token\n";
    }
    for (const auto& app : *catalog.apps(tenant.name, "", 1'000)) {
      out += "  app " + app.name + " " + app.document + "\n";
      for (const auto& [secret, value] : *catalog.secrets(tenant.name, app.name)) {
        out += "    " + secret + "=" + value + "\n";
      }
      for (const auto& version : *catalog.versions(tenant.name, app.name, 10'000)) {
        out += "    version " + version.version + " with " + std::to_string(version.blobs.size()) +
               " blobs\n";
      }
      for (const auto& deployment : *catalog.deployments(tenant.name, app.name, 10'000)) {
        out += "    deployment " + std::to_string(deployment.number) + " of " +
               (deployment.split.empty() ? "nothing" : deployment.split[0].version) + " back to " +
               std::to_string(deployment.rollsBackTo) + "\n";
      }
    }
  }
  auto audit = *catalog.audit("", 0, 1'000'000);
  for (auto record = audit.rbegin(); record != audit.rend(); ++record) {
    out += "audit " + std::to_string(record->revision) + " " + record->action + "\n";
  }
  return out;
}

}  // namespace skiff::testing
