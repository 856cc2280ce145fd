#include "config/read_app.h"

#include <array>
#include <filesystem>
#include <map>
#include <utility>

#include "config/address.h"
#include "config/printable.h"
#include "config/read_limits.h"

namespace skiff {
namespace {

constexpr int kLargestPriority = 1'000'000;
constexpr std::uint32_t kMostInstances = 100'000;

constexpr std::array<Choice<Reuse>, 2> kReuses{
    {{"pristine", Reuse::pristine}, {"dirty", Reuse::dirty}}};

constexpr std::array<Choice<Snapshot>, 3> kSnapshots{
    {{"auto", Snapshot::automatic}, {"always", Snapshot::always}, {"never", Snapshot::never}}};

bool holdsNul(std::string_view text) {
  return text.find('\0') != std::string_view::npos;
}

std::vector<std::string> readRoutes(TableReader& table, RouteNeed need) {
  constexpr std::string_view kExample = R"(["hello.localhost/*"])";
  const auto texts = table.texts("routes", kExample);
  std::vector<std::string> routes;
  if (!texts) {
    if (need == RouteNeed::required && !table.has("routes")) {
      table.reportMissing("routes", kExample);
    }
    return routes;
  }
  if (texts->empty() && need == RouteNeed::required) {
    table.report(table.where("routes"),
                 "routes is empty, so no request can reach the app; write at least one, such as " +
                     table.notation().entry("routes", kExample));
  }
  for (const LocatedText& text : *texts) {
    if (text.value.empty()) {
      table.report(text.where, "routes holds an empty string; a route is \"host/path\"");
    }
    routes.push_back(text.value);
  }
  return routes;
}

std::vector<std::pair<std::string, std::string>> readEnvironment(TableReader table) {
  std::vector<std::pair<std::string, std::string>> environment;
  for (auto& [name, value] : table.allTexts()) {
    if (name.value.empty()) {
      table.report(name.where, "env holds a variable without a name; take it out or name it");
    } else if (name.value.find('=') != std::string::npos || holdsNul(name.value)) {
      table.report(name.where, "env: the name " + inQuotes(name.value) +
                                   " holds \"=\" or a NUL character; no variable's name can");
    }
    if (holdsNul(value.value)) {
      table.report(value.where, "env: the value of " + inQuotes(name.value) +
                                    " holds a NUL character; no variable's value can");
    }
    environment.emplace_back(std::move(name.value), std::move(value.value));
  }
  return environment;
}

/// The normal form of a guest's path; empty, and a report, if it cannot be one.
std::string readGuestPath(TableReader& table) {
  const auto text = table.requiredText("guest", R"("/www")");
  if (!text) return {};
  const auto refuse = [&](std::string_view what) {
    table.report(text->where, "guest: " + inQuotes(text->value) + " " + std::string(what));
    return std::string();
  };
  if (!text->value.starts_with('/')) return refuse("is not absolute; begin it with \"/\"");
  if (holdsNul(text->value)) return refuse("holds a NUL character; no path can");
  const std::filesystem::path path(text->value);
  for (const std::filesystem::path& part : path) {
    if (part == "..") return refuse("holds \"..\"; write where that leads");
  }
  // A "//" at the start is a root of its own to POSIX; the guest knows only one.
  return PathBase("/").resolve(path.relative_path().string()).string();
}

std::vector<DirectoryGrant> readDirectories(TableReader& app, const PathBase& paths) {
  std::vector<DirectoryGrant> grants;
  std::map<std::string, TextPosition> places;
  for (TableReader& table : app.tables("dirs", R"({ host = "site", guest = "/www" })", "in dirs")) {
    DirectoryGrant grant;
    if (const auto host = table.requiredText("host", R"("site")")) {
      grant.host = paths.resolve("host", *host, table).value_or("");
    }
    grant.guest = readGuestPath(table);
    table.boolean("write", grant.write);
    table.finish();
    const TextPosition where = table.where("guest");
    const auto [first, isNew] = places.emplace(grant.guest, where);
    if (!isNew && !grant.guest.empty()) {
      table.report(where, "guest: " + inQuotes(grant.guest) + " is granted " +
                              table.notation().placeOf(first->second) +
                              " already; grant each path once");
    }
    grants.push_back(std::move(grant));
  }
  return grants;
}

std::vector<std::string> readArguments(TableReader& table) {
  std::vector<std::string> arguments;
  for (LocatedText& text :
       table.texts("args", R"(["--verbose"])").value_or(std::vector<LocatedText>())) {
    if (holdsNul(text.value)) {
      table.report(text.where, "args holds a NUL character; no argument can");
    }
    arguments.push_back(std::move(text.value));
  }
  return arguments;
}

/// `files`, `dirs` and `tmp`, which share the guest's names.
void readTrees(TableReader& table, const PathBase& paths, AppConfig& app) {
  if (const auto files = table.text("files", R"("site")")) {
    app.files = paths.resolve("files", *files, table).value_or("");
  }
  app.dirs = readDirectories(table, paths);
  table.boolean("tmp", app.tmp);
  for (const DirectoryGrant& grant : app.dirs) {
    if (app.files && grant.guest == "/") {
      table.report(table.where("files"),
                   "files and one of dirs are both the guest's \"/\"; keep one of them");
    }
    if (grant.guest == "/tmp") {
      if (app.tmp && table.has("tmp")) {
        table.report(table.where("tmp"),
                     "tmp = true and one of dirs are both the guest's \"/tmp\"; keep one of them");
      }
      app.tmp = false;
    }
  }
}

std::optional<std::string> readOrigin(TableReader& table) {
  const auto text = table.text("origin", R"("http://127.0.0.1:9000")");
  if (!text) return std::nullopt;
  auto origin = parseOrigin(text->value);
  if (origin.has_value()) return *std::move(origin);
  table.report(text->where, "origin: " + origin.error().message);
  return std::nullopt;
}

void readInstances(TableReader& table, AppConfig& app) {
  table.integer("min_instances", 0U, kMostInstances, app.minInstances);
  table.integer("max_instances", 1U, kMostInstances, app.maxInstances);
  if (app.minInstances <= app.maxInstances) return;
  table.report(table.where("min_instances"),
               "min_instances is " + std::to_string(app.minInstances) +
                   ", more than max_instances, which is " + std::to_string(app.maxInstances) +
                   "; lower the one or raise the other");
}

}  // namespace

AppConfig readAppKeys(TableReader& table, std::string name, RouteNeed need,
                      const Limits& tenantLimits, const PathBase& paths) {
  AppConfig app;
  app.name = std::move(name);
  app.routes = readRoutes(table, need);
  table.integer("priority", -kLargestPriority, kLargestPriority, app.priority);
  if (auto environment = table.table("env", R"(env = { NAME = "value" })")) {
    app.env = readEnvironment(*std::move(environment));
  }
  app.args = readArguments(table);
  readTrees(table, paths, app);
  if (auto text = table.text("config", R"("text")")) app.config = std::move(text->value);
  app.origin = readOrigin(table);
  readInstances(table, app);
  table.choice("reuse", kReuses, app.reuse);
  table.choice("snapshot", kSnapshots, app.snapshot);
  table.boolean("debug", app.debug);
  if (auto limits = table.table("limits", "[tenant.app.limits]")) {
    app.limits = readLimits(*std::move(limits), tenantLimits);
  } else {
    app.limits = tenantLimits;
  }
  return app;
}

AppConfig readApp(TableReader table, std::string name, const Limits& tenantLimits,
                  const PathBase& paths) {
  const auto module = table.requiredText("module", R"("hello.wasm")");
  AppConfig app = readAppKeys(table, std::move(name), RouteNeed::required, tenantLimits, paths);
  if (module) app.module = paths.resolve("module", *module, table).value_or("");
  table.finish();
  return app;
}

}  // namespace skiff
