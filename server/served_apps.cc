#include "server/served_apps.h"

#include <unordered_set>

namespace skiff {
namespace {

Result<std::shared_ptr<const RouteTable>, RouteConflicts> tableOf(
    const std::vector<std::shared_ptr<const ServedApp>>& apps) {
  std::vector<RouteSpec> routes;
  for (std::size_t slot = 0; slot < apps.size(); ++slot) {
    if (!apps[slot]) continue;
    for (const RoutePattern& pattern : apps[slot]->routes) {
      routes.push_back(
          {pattern, apps[slot]->priority, static_cast<RouteTarget>(slot), apps[slot]->owner()});
    }
  }
  auto table = RouteTable::build(routes);
  if (table.has_error()) return table.error();
  return std::make_shared<const RouteTable>(std::move(*table));
}

}  // namespace

ServedApps::ServedApps() {
  auto empty = std::make_shared<Deployment>();
  empty->routes = std::make_shared<const RouteTable>();
  current_ = std::move(empty);
}

std::shared_ptr<const ServedApp> ServedApps::find(const std::string& owner) const {
  const auto found = slots_.find(owner);
  return found == slots_.end() ? nullptr : current_->apps[found->second];
}

Result<std::shared_ptr<const Deployment>, RouteConflicts> ServedApps::draft(
    const AppsEdit& edit) const {
  auto drafted = std::make_shared<Deployment>(*current_);
  bool sameRoutes = true;
  for (const std::string& owner : edit.removed) {
    const auto found = slots_.find(owner);
    if (found == slots_.end()) continue;
    sameRoutes &= drafted->apps[found->second]->routes.empty();
    drafted->apps[found->second] = nullptr;
  }
  std::size_t next = 0;
  const auto freeSlot = [&] {
    while (next < drafted->apps.size() && drafted->apps[next]) ++next;
    if (next == drafted->apps.size()) drafted->apps.emplace_back();
    return next;
  };
  for (const auto& app : edit.set) {
    const auto found = slots_.find(app->owner());
    const std::size_t slot = found == slots_.end() ? freeSlot() : found->second;
    const auto& previous = drafted->apps[slot];
    sameRoutes &= previous ? previous->routes == app->routes && previous->priority == app->priority
                           : app->routes.empty();
    drafted->apps[slot] = app;
  }
  if (sameRoutes) return std::shared_ptr<const Deployment>(std::move(drafted));
  auto table = tableOf(drafted->apps);
  if (table.has_error()) return table.error();
  drafted->routes = std::move(*table);
  return std::shared_ptr<const Deployment>(std::move(drafted));
}

void ServedApps::install(std::shared_ptr<const Deployment> deployment, const AppsEdit& edit) {
  current_ = std::move(deployment);
  for (const std::string& owner : edit.removed) slots_.erase(owner);
  std::unordered_set<const ServedApp*> unplaced;
  for (const auto& app : edit.set) {
    if (!slots_.contains(app->owner())) unplaced.insert(app.get());
  }
  if (unplaced.empty()) return;
  for (std::size_t slot = 0; slot < current_->apps.size(); ++slot) {
    const auto& app = current_->apps[slot];
    if (app && unplaced.contains(app.get())) slots_[app->owner()] = slot;
  }
}

}  // namespace skiff
