#include <spdlog/spdlog.h>

#include <boost/json.hpp>
#include <chrono>

#include "config/host_pattern.h"
#include "config/printable.h"
#include "server/api/certificate_checks.h"
#include "server/api/json_io.h"
#include "server/api/operations.h"
#include "server/tls/certificate_set.h"

namespace skiff {
namespace {

namespace json = boost::json;

std::int64_t secondsNow() {
  using namespace std::chrono;
  return duration_cast<seconds>(system_clock::now().time_since_epoch()).count();
}

/// What the audit log says of it.
std::string summaryOf(const CertificateFacts& facts) {
  json::array names;
  for (std::size_t i = 0; i < facts.names.size() && i < 100; ++i) {
    names.push_back(json::value(facts.names[i]));
  }
  return json::serialize(json::object{{"subject", facts.subject},
                                      {"names", std::move(names)},
                                      {"fingerprint", facts.fingerprint},
                                      {"not_after", timeValue(facts.notAfter * 1000)}});
}

std::string placeOf(const std::string& tenant, const std::string& host) {
  return "the certificate of the tenant " + inQuotes(tenant) + " for " + inQuotes(host);
}

ApiResult<std::string> canonical(std::string_view host) {
  auto parsed = parseHostPattern(host);
  if (parsed.has_error()) return invalidProblem("host", parsed.error().message + ".");
  return ApiResult<std::string>(boost::system::in_place_value, std::move(*parsed));
}

}  // namespace

ApiResult<Put<CertificateRecord>> Operations::putCertificate(const Caller& caller,
                                                             const std::string& tenant,
                                                             std::string_view hostText,
                                                             std::string_view chain,
                                                             std::string_view key) {
  if (auto writable = requireWritable(tenant); writable.has_error()) return writable.error();
  const auto host = canonical(hostText);
  if (host.has_error()) return host.error();
  if (!parts_.certificates) {
    return ApiProblem{ProblemCode::notReady, "This daemon shows no certificates."};
  }
  const auto held = locks_.hold(tenant);
  if (const auto owner = readTenant(tenant); owner.has_error()) return owner.error();
  const auto pattern = RoutePattern::parse(*host + "/*");
  if (!caller.isOperator() && (pattern.has_error() || !hosts_.has(tenant, *pattern))) {
    return invalidProblem("host",
                          "is none on which the tenant has a route: give an app of it one there "
                          "first.");
  }
  if (parts_.certificates->isOfFile(*host)) {
    return ApiProblem{ProblemCode::hostTaken,
                      "The configuration file has a certificate for this host, which is shown: an "
                      "operator may change it there, and reload."};
  }
  auto checked = checkCertificate(*host, chain, key, secondsNow());
  if (checked.has_error()) return checked.error();
  auto made =
      Certificate::make(checked->chain, checked->key, {*host}, tenant, placeOf(tenant, *host));
  if (made.has_error()) return invalidProblem("certificate", made.error().message + ".");
  CertificateRecord record;
  record.host = *host;
  record.tenant = tenant;
  record.chain = chain;
  record.summary = summaryOf(checked->facts);
  auto put = parts_.catalog.putCertificate(caller.actor, std::move(record), key);
  if (put.has_error()) return problemOf(put.error());
  parts_.certificates->put(std::move(*made));
  return *std::move(put);
}

ApiResult<void> Operations::deleteCertificate(const Caller& caller, const std::string& tenant,
                                              std::string_view hostText) {
  if (auto writable = requireWritable(tenant); writable.has_error()) return writable.error();
  const auto host = canonical(hostText);
  if (host.has_error()) return notFoundProblem();
  const auto held = locks_.hold(tenant);
  const auto deleted = parts_.catalog.deleteCertificate(caller.actor, tenant, *host);
  if (deleted.has_error()) return problemOf(deleted.error());
  if (parts_.certificates) parts_.certificates->remove(*host);
  return {};
}

ApiResult<CertificateRecord> Operations::certificate(const std::string& tenant,
                                                     std::string_view hostText) const {
  const auto host = canonical(hostText);
  if (host.has_error()) return notFoundProblem();
  auto record = parts_.catalog.certificate(tenant, *host);
  if (record.has_error()) return problemOf(record.error());
  return *std::move(record);
}

ApiResult<std::vector<CertificateRecord>> Operations::certificates(const std::string& tenant,
                                                                   std::string_view after,
                                                                   std::size_t limit) const {
  if (parts_.runtime.isFileTenant(tenant)) return std::vector<CertificateRecord>();
  auto records = parts_.catalog.certificates(tenant, after, limit);
  if (records.has_error()) return problemOf(records.error());
  return *std::move(records);
}

bool Operations::isShown(const CertificateRecord& certificate) const {
  return parts_.certificates && parts_.certificates->server() != nullptr &&
         !parts_.certificates->isOfFile(certificate.host);
}

void Operations::loadCertificates() {
  if (!parts_.certificates) return;
  std::vector<std::shared_ptr<const Certificate>> all;
  const auto visited = parts_.catalog.visitCertificates(
      [&](const CertificateRecord& record, std::string_view keyText) {
        const std::string place = placeOf(record.tenant, record.host);
        const auto problem = [&]() -> std::optional<Error> {
          const auto chain = parsePemChain(record.chain, place);
          if (chain.has_error()) return chain.error();
          const auto key = parsePemKey(keyText, place);
          if (key.has_error()) return key.error();
          auto made = Certificate::make(*chain, *key, {record.host}, record.tenant, place);
          if (made.has_error()) return made.error();
          if (parts_.certificates->isOfFile(record.host)) {
            spdlog::warn("{} is not shown, since the configuration file has one; delete it", place);
          }
          all.push_back(std::move(*made));
          return std::nullopt;
        }();
        if (problem) spdlog::error("{}; put it again, or delete it", problem->message);
      });
  if (visited.has_error()) spdlog::error("catalog: {}", visited.error().message);
  parts_.certificates->putAll(all);
}

}  // namespace skiff
