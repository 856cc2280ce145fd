#include "config/read_certificates.h"

#include <algorithm>
#include <string>
#include <utility>

#include "config/host_pattern.h"
#include "config/name.h"
#include "config/printable.h"

namespace skiff {
namespace {

constexpr std::size_t kMostHosts = 1'000;

std::filesystem::path readFile(std::string_view key, std::string_view example, TableReader& table,
                               const PathBase& paths) {
  const auto text = table.requiredText(key, example);
  return text ? paths.resolve(key, *text, table).value_or("") : "";
}

void readHosts(TableReader& table, std::vector<std::string>& hosts) {
  constexpr std::string_view kExample = R"(["example.com", "*.example.com"])";
  const auto texts = table.texts("hosts", kExample);
  if (!texts) return;
  if (texts->empty() || texts->size() > kMostHosts) {
    table.report(table.where("hosts"), "hosts holds " + std::to_string(texts->size()) +
                                           " names; it takes 1 to " + std::to_string(kMostHosts) +
                                           "; leave it out for those that the certificate names");
    return;
  }
  for (const LocatedText& text : *texts) {
    auto host = parseHostPattern(text.value);
    if (host.has_error()) {
      table.report(text.where, "hosts: " + host.error().message);
    } else if (std::find(hosts.begin(), hosts.end(), *host) != hosts.end()) {
      table.report(text.where, "hosts: " + inQuotes(text.value) + " is there twice");
    } else {
      hosts.push_back(*std::move(host));
    }
  }
}

CertificateConfig readCertificate(TableReader table, const PathBase& paths) {
  CertificateConfig certificate;
  certificate.certificate = readFile("certificate", R"("example.com.pem")", table, paths);
  certificate.key = readFile("key", R"("example.com.key")", table, paths);
  readHosts(table, certificate.hosts);
  if (const auto tenant = table.text("tenant", R"("acme")")) {
    if (isValidName(tenant->value)) {
      certificate.tenant = tenant->value;
    } else {
      table.report(tenant->where, "tenant: " + inQuotes(tenant->value) +
                                      " is no tenant's name; write one of [[tenant]], or leave it "
                                      "out");
    }
  }
  table.finish();
  return certificate;
}

}  // namespace

std::vector<CertificateConfig> readCertificates(TableReader& root, const PathBase& paths) {
  std::vector<CertificateConfig> certificates;
  for (TableReader& table : root.tables("certificate", "[[certificate]]", "in [[certificate]]")) {
    certificates.push_back(readCertificate(std::move(table), paths));
  }
  return certificates;
}

}  // namespace skiff
