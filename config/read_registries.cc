#include "config/read_registries.h"

#include <optional>
#include <string>
#include <utility>

#include "config/printable.h"
#include "config/registry_name.h"

namespace skiff {
namespace {

/// Nothing, and a report, if `text` names no registry.
std::optional<std::string> readName(std::string_view key, const LocatedText& text,
                                    TableReader& table) {
  auto name = parseRegistryName(text.value);
  if (name.has_value()) return *std::move(name);
  table.report(text.where, std::string(key) + ": " + name.error().message);
  return std::nullopt;
}

bool fitsBasicCredentials(std::string_view username) {
  for (const char c : username) {
    if (c == ':' || static_cast<unsigned char>(c) < 0x20 || c == 0x7F) return false;
  }
  return !username.empty();
}

void readCredentials(TableReader& table, const PathBase& paths, RegistrySettings& settings) {
  const auto username = table.text("username", R"("robot")");
  const auto file = table.text("password_file", R"("registry.password")");
  if (username) {
    if (!fitsBasicCredentials(username->value)) {
      table.report(username->where, "username: " + inQuotes(username->value) +
                                        " is empty, or holds \":\" or a control character; no "
                                        "registry takes such a name");
    }
    settings.username = username->value;
  }
  if (file) settings.passwordFile = paths.resolve("password_file", *file, table).value_or("");
  if (username && !file && !table.has("password_file")) {
    table.report(username->where,
                 "username needs a password_file beside it; name the file that holds the password");
  } else if (file && !username && !table.has("username")) {
    table.report(file->where, "password_file needs a username beside it");
  }
}

RegistrySettings readRegistry(TableReader table, const std::string& name, const PathBase& paths) {
  RegistrySettings settings;
  table.boolean("plain_http", settings.plainHttp);
  readCredentials(table, paths, settings);
  if (const auto ca = table.text("ca", R"("registry-ca.pem")")) {
    settings.ca = paths.resolve("ca", *ca, table).value_or("");
    if (settings.plainHttp) {
      table.report(ca->where, "ca and plain_http = true exclude each other; keep one of them");
    }
  }
  if (const auto mirror = table.text("mirror", R"("mirror.example:5000")")) {
    settings.mirror = readName("mirror", *mirror, table);
    if (settings.mirror == name) {
      table.report(mirror->where, "mirror: " + inQuotes(mirror->value) +
                                      " is the registry itself; name another, or leave it out");
    }
  }
  table.finish();
  return settings;
}

}  // namespace

OciConfig readRegistries(TableReader& root, const PathBase& paths) {
  OciConfig config;
  auto registries = root.table("registry", R"([registry."HOST"])");
  if (!registries) return config;
  for (auto& [key, table] : registries->allTables(R"([registry."127.0.0.1:5000"])")) {
    const auto name = readName("registry", key, *registries);
    RegistrySettings settings = readRegistry(std::move(table), name.value_or(""), paths);
    if (!name) continue;
    if (!config.registries.emplace(*name, std::move(settings)).second) {
      registries->report(key.where, "registry: " + inQuotes(key.value) +
                                        " has a table already; write each registry once");
    }
  }
  return config;
}

}  // namespace skiff
