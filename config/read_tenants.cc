#include "config/read_tenants.h"

#include <array>
#include <map>

#include "config/name.h"
#include "config/printable.h"
#include "config/read_app.h"
#include "config/read_limits.h"

namespace skiff {
namespace {

/// The names of one kind within one scope, and the lines they stand on.
class NameRegistry {
 public:
  explicit NameRegistry(std::string_view kind) : kind_(kind) {}

  /// The required name of `table`; empty, and a report, if it is missing, misformed or taken.
  std::string read(TableReader& table, std::string_view example) {
    const auto name = table.requiredText("name", example);
    if (!name) return {};
    if (!isValidName(name->value)) {
      table.report(name->where,
                   kind_ + " name " + inQuotes(name->value) + " is not allowed; it takes 1 to " +
                       std::to_string(kLongestName) + " characters, each of a-z, 0-9 and \"-\"");
      return {};
    }
    const auto [first, isNew] = lines_.emplace(name->value, name->where.line);
    if (isNew) return name->value;
    table.report(name->where, kind_ + " " + inQuotes(name->value) + " is defined on line " +
                                  std::to_string(first->second) +
                                  " already; each needs a name of its own");
    return {};
  }

 private:
  std::string kind_;
  std::map<std::string, std::size_t> lines_;
};

constexpr std::array<Choice<ClockKind>, 3> kClocks{{{"frozen", ClockKind::frozen},
                                                    {"coarse", ClockKind::coarse},
                                                    {"precise", ClockKind::precise}}};

TenantConfig readTenant(TableReader table, NameRegistry& names, const Limits& serverLimits,
                        const PathBase& paths) {
  TenantConfig tenant;
  tenant.name = names.read(table, R"("acme")");
  readTenantKeys(table, serverLimits, tenant.limits, tenant.clock);
  NameRegistry appNames("app");
  for (TableReader& appTable : table.tables("app", "[[tenant.app]]", "in [[tenant.app]]")) {
    std::string name = appNames.read(appTable, R"("hello")");
    tenant.apps.push_back(readApp(std::move(appTable), std::move(name), tenant.limits, paths));
    tenant.apps.back().clock = tenant.clock;
  }
  table.finish();
  return tenant;
}

}  // namespace

void readTenantKeys(TableReader& table, const Limits& serverLimits, Limits& limits,
                    ClockKind& clock) {
  limits = serverLimits;
  if (auto limitsTable = table.table("limits", "[tenant.limits]")) {
    limits = readLimits(*std::move(limitsTable), serverLimits);
  }
  table.choice("clock", kClocks, clock);
}

std::vector<TenantConfig> readTenants(TableReader& root, const Limits& serverLimits,
                                      const PathBase& paths) {
  std::vector<TenantConfig> tenants;
  NameRegistry names("tenant");
  for (TableReader& table : root.tables("tenant", "[[tenant]]", "in [[tenant]]")) {
    tenants.push_back(readTenant(std::move(table), names, serverLimits, paths));
  }
  return tenants;
}

}  // namespace skiff
