#include "config/load.h"

#include <toml++/toml.h>

#include <system_error>

#include "config/key_depth.h"
#include "config/path_base.h"
#include "config/printable.h"
#include "config/read_certificates.h"
#include "config/read_deploy.h"
#include "config/read_limits.h"
#include "config/read_registries.h"
#include "config/read_sandbox.h"
#include "config/read_server.h"
#include "config/read_tenants.h"
#include "config/regular_file.h"
#include "config/report.h"
#include "config/toml_reader.h"

namespace skiff {
namespace {

/// Room for some 50,000 apps.
constexpr ByteSize kLargestFile = 32_MiB;

constexpr TextPosition kWholeFile{0, 0};

Config readConfig(const toml::table& document, const std::filesystem::path& file, Report& report) {
  Config config;
  config.file = file;
  const PathBase paths(file.parent_path());
  TableReader root(document, "at the top level", {1, 1}, report);
  config.dataDir = paths.resolve("var");
  if (const auto text = root.text("data_dir", R"("var")")) {
    if (auto path = paths.resolve("data_dir", *text, root)) config.dataDir = *std::move(path);
  }
  readListeners(root, paths, config.server, config.admin);
  config.certificates = readCertificates(root, paths);
  if (!config.server.listenTls.empty() && config.certificates.empty() && !root.has("certificate")) {
    root.report({1, 1},
                "listen_tls needs a certificate; add [[certificate]] with the keys certificate and "
                "key, each the name of a PEM file");
  }
  if (auto table = root.table("sandbox", "[sandbox]")) {
    config.sandbox = readSandbox(*std::move(table), paths);
  }
  if (auto table = root.table("deploy", "[deploy]")) {
    config.deploy = readDeploy(*std::move(table));
  }
  if (auto table = root.table("limits", "[limits]")) {
    config.limits = readLimits(*std::move(table), config.limits);
  }
  config.oci = readRegistries(root, paths);
  config.tenants = readTenants(root, config.limits, paths);
  root.finish();
  return config;
}

}  // namespace

Result<Config, Diagnostics> parseConfig(std::string_view text, const std::filesystem::path& file) {
  Report report(file);
  std::error_code error;
  const std::filesystem::path absolute = std::filesystem::absolute(file, error).lexically_normal();
  Config config;
  if (error) {
    report.add(kWholeFile, "has no folder to take relative paths from: " + error.message());
  } else if (const auto where = findTooDeepKey(text)) {
    report.add(*where, "a key may have at most " + std::to_string(kMostKeyParts) +
                           " parts; no key of this file needs more than three");
  } else {
    try {
      config = readConfig(toml::parse(text), absolute, report);
    } catch (const toml::parse_error& syntax) {
      report.add({syntax.source().begin.line, syntax.source().begin.column},
                 printable(syntax.description()));
    }
  }
  if (!report.empty()) return std::move(report).inFileOrder();
  return config;
}

Result<Config, Diagnostics> loadConfig(const std::filesystem::path& file) {
  const auto bytes = readRegularFile(file, kLargestFile);
  if (bytes.has_error()) {
    Report report(file);
    report.add(kWholeFile, "the configuration file " + bytes.error().message);
    return std::move(report).inFileOrder();
  }
  return parseConfig({reinterpret_cast<const char*>(bytes->data()), bytes->size()}, file);
}

}  // namespace skiff
