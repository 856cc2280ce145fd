#include "server/tls/certificate_table.h"

#include <iterator>
#include <utility>

#include "config/host_pattern.h"
#include "config/printable.h"

namespace skiff {

Result<CertificateTable::Loaded, std::vector<Error>> CertificateTable::load(
    std::span<const CertificateConfig> configs) {
  auto table = std::make_shared<CertificateTable>();
  std::map<std::string, const CertificateConfig*> owners;
  std::vector<Error> errors;
  Loaded loaded;
  for (const CertificateConfig& config : configs) {
    auto one = Certificate::load(config);
    if (one.has_error()) {
      errors.push_back(one.error());
      continue;
    }
    std::move(one->warnings.begin(), one->warnings.end(), std::back_inserter(loaded.warnings));
    for (const std::string& host : one->certificate->hosts()) {
      const auto [owner, isNew] = owners.emplace(host, &config);
      if (!isNew) {
        errors.push_back({"the certificates in " + inQuotes(owner->second->certificate.string()) +
                          " and " + inQuotes(config.certificate.string()) + " are both for " +
                          inQuotes(host) + "; take it from one of them with hosts"});
        continue;
      }
      table->byHost_.emplace(host, one->certificate);
    }
    if (!table->fallback_) table->fallback_ = one->certificate;
  }
  if (!errors.empty()) return errors;
  loaded.table = std::move(table);
  return loaded;
}

std::shared_ptr<const CertificateTable> CertificateTable::with(
    std::span<const std::shared_ptr<const Certificate>> more) const {
  auto table = std::make_shared<CertificateTable>(*this);
  for (const std::shared_ptr<const Certificate>& one : more) {
    for (const std::string& host : one->hosts()) table->byHost_.emplace(host, one);
  }
  return table;
}

std::shared_ptr<const Certificate> CertificateTable::find(std::string_view host) const {
  const auto name = parseHostPattern(host);
  if (!name.has_value()) return fallback_;
  if (const auto found = byHost_.find(*name); found != byHost_.end()) return found->second;
  const auto found = byHost_.find(wildcardOf(*name));
  return found != byHost_.end() ? found->second : fallback_;
}

}  // namespace skiff
