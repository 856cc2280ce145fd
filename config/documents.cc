#include "config/documents.h"

#include <array>
#include <functional>
#include <utility>

#include "config/json_document.h"
#include "config/path_base.h"
#include "config/printable.h"
#include "config/read_app.h"
#include "config/read_tenants.h"
#include "config/repository_pattern.h"
#include "config/toml_reader.h"

namespace skiff {
namespace {

constexpr std::int64_t kShortestInterval = 10;     // seconds
constexpr std::int64_t kLongestInterval = 86'400;  // a day
constexpr std::size_t kMostKeys = 16;
constexpr std::size_t kMostRegistries = 64;
constexpr std::size_t kLargestKey = 16 * 1024;  // PEM of an RSA key of 16,384 bits has some 3 KiB
constexpr std::string_view kKeyHeader = "-----BEGIN PUBLIC KEY-----";

constexpr std::array<Choice<SignaturePolicy::Mode>, 3> kPolicies{
    {{"require", SignaturePolicy::Mode::require},
     {"warn", SignaturePolicy::Mode::warn},
     {"off", SignaturePolicy::Mode::off}}};

DocumentErrors errorsOf(Report report, const JsonDocument& document) {
  DocumentErrors errors;
  for (Diagnostic& diagnostic : std::move(report).inFileOrder()) {
    if (errors.size() == kMostDocumentErrors) {
      errors.push_back(
          {{},
           "only " + std::to_string(kMostDocumentErrors) + " errors are listed; there are more"});
      break;
    }
    errors.push_back(
        {document.pathOf({diagnostic.line, diagnostic.column}), std::move(diagnostic.message)});
  }
  return errors;
}

/// `read` is given the reader of the document's object; `place` is what messages call that.
template <class Document>
Result<Document, DocumentErrors> parseDocument(std::string_view json, std::string_view place,
                                               const std::function<Document(TableReader&)>& read) {
  const auto document = JsonDocument::parse(json);
  if (document.has_error()) return DocumentErrors{document.error()};
  Report report{std::filesystem::path()};
  TableReader table((*document)->root(), std::string(place), {1, 1}, report, **document);
  Document result = read(table);
  table.finish();
  if (!report.empty()) return errorsOf(std::move(report), **document);
  return result;
}

std::vector<std::string> readHosts(TableReader& table) {
  std::vector<std::string> hosts;
  for (LocatedText& text :
       table.texts("hosts", R"(["*.acme.example"])").value_or(std::vector<LocatedText>())) {
    if (text.value.empty() || text.value.find('/') != std::string::npos) {
      table.report(text.where, "hosts holds " + inQuotes(text.value) +
                                   "; write a host without a path, such as \"*.acme.example\"");
    }
    hosts.push_back(std::move(text.value));
  }
  return hosts;
}

std::vector<std::string> readRegistries(TableReader& table) {
  std::vector<std::string> registries;
  const auto texts = table.texts("registries", R"(["registry.example.com/acme/*"])");
  if (!texts) return registries;
  if (texts->size() > kMostRegistries) {
    table.report(table.where("registries"), "registries holds " + std::to_string(texts->size()) +
                                                " patterns; it takes at most " +
                                                std::to_string(kMostRegistries));
    return registries;
  }
  for (const LocatedText& text : *texts) {
    auto pattern = parseRepositoryPattern(text.value);
    if (pattern.has_error()) {
      table.report(text.where, "registries: " + pattern.error().message);
    } else {
      registries.push_back(*std::move(pattern));
    }
  }
  return registries;
}

constexpr std::string_view kKeysExample = R"(["-----BEGIN PUBLIC KEY-----\n..."])";

std::vector<std::string> readKeys(TableReader& table) {
  std::vector<std::string> keys;
  const auto texts = table.texts("keys", kKeysExample);
  if (!texts) return keys;
  if (texts->size() > kMostKeys) {
    table.report(table.where("keys"), "keys holds " + std::to_string(texts->size()) +
                                          " keys; it takes at most " + std::to_string(kMostKeys));
    return keys;
  }
  for (const LocatedText& text : *texts) {
    if (!text.value.starts_with(kKeyHeader) || text.value.size() > kLargestKey) {
      table.report(text.where,
                   "keys holds what is no public key in PEM; give the text of a file such as "
                   "cosign.pub, from its first line, \"" +
                       std::string(kKeyHeader) + "\", to its last");
    }
    keys.push_back(text.value);
  }
  if (texts->empty()) {
    table.report(table.where("keys"), "keys is empty; give at least one, such as " +
                                          table.notation().entry("keys", kKeysExample) +
                                          ", or leave keys out and have policy be \"off\"");
  }
  return keys;
}

SignaturePolicy readSignatures(TableReader table) {
  SignaturePolicy signatures;
  table.choice("policy", kPolicies, signatures.mode);
  signatures.keys = readKeys(table);
  if (signatures.mode != SignaturePolicy::Mode::off && !table.has("keys")) {
    table.reportMissing("keys", kKeysExample);
  }
  table.finish();
  return signatures;
}

WatchSettings readWatch(TableReader table) {
  constexpr std::string_view kExample = R"("registry.example.com/acme/hello:latest")";
  WatchSettings watch;
  if (auto image = table.requiredText("image", kExample)) {
    if (image->value.empty()) {
      table.report(image->where,
                   "image is empty; write it like " + table.notation().entry("image", kExample));
    }
    watch.image = std::move(image->value);
  }
  std::int64_t seconds = watch.interval.count();
  table.integer("interval_s", kShortestInterval, kLongestInterval, seconds);
  watch.interval = std::chrono::seconds(seconds);
  table.finish();
  return watch;
}

}  // namespace

Result<TenantDocument, DocumentErrors> parseTenantDocument(std::string_view json,
                                                           const Limits& serverLimits) {
  return parseDocument<TenantDocument>(json, "in a tenant", [&](TableReader& table) {
    TenantDocument tenant;
    readTenantKeys(table, serverLimits, tenant.limits, tenant.clock);
    tenant.hosts = readHosts(table);
    if (auto signatures = table.table("signatures", "[tenant.signatures]")) {
      tenant.signatures = readSignatures(*std::move(signatures));
    }
    tenant.registries = readRegistries(table);
    return tenant;
  });
}

Result<AppDocument, DocumentErrors> parseAppDocument(std::string_view json, std::string name,
                                                     const Limits& tenantLimits, ClockKind clock) {
  return parseDocument<AppDocument>(json, "in an app", [&](TableReader& table) {
    AppDocument app;
    app.config = readAppKeys(table, std::move(name), RouteNeed::optional, tenantLimits, PathBase());
    app.config.clock = clock;
    if (auto watch = table.table("watch", "[tenant.app.watch]")) {
      app.watch = readWatch(*std::move(watch));
    }
    return app;
  });
}

}  // namespace skiff
