#include "server/api/certificate_checks.h"

#include <openssl/x509v3.h>

#include <algorithm>
#include <utility>

#include "config/printable.h"
#include "server/api/json_io.h"
#include "server/tls/hosts.h"

namespace skiff {
namespace {

constexpr std::size_t kLongestChain = std::size_t{64} << 10;
constexpr std::size_t kLongestKey = std::size_t{16} << 10;

using Problems = std::vector<KeyProblem>;

const X509* at(const PemChain& chain, std::size_t i) {
  return i == 0 ? chain.leaf.get() : chain.others[i - 1].get();
}

/// "The first certificate", "Certificate 2".
std::string called(std::size_t i) {
  return i == 0 ? "the first certificate" : "certificate " + std::to_string(i + 1);
}

void checkOrder(const PemChain& chain, Problems& problems) {
  for (std::size_t i = 0; i < chain.others.size(); ++i) {
    const int verdict =
        X509_check_issued(const_cast<X509*>(at(chain, i + 1)), const_cast<X509*>(at(chain, i)));
    if (verdict == X509_V_OK) continue;
    problems.push_back({"certificate", called(i + 1) + " has not issued " + called(i) +
                                           ": put the host's own first, then each one's issuer."});
    return;
  }
}

void checkTimes(const PemChain& chain, std::int64_t now, Problems& problems) {
  std::time_t time = now;
  for (std::size_t i = 0; i <= chain.others.size(); ++i) {
    if (X509_cmp_time(X509_get0_notAfter(at(chain, i)), &time) < 0) {
      problems.push_back({"certificate", called(i) + " has expired: renew it."});
    } else if (X509_cmp_time(X509_get0_notBefore(at(chain, i)), &time) > 0) {
      problems.push_back({"certificate", called(i) + " is not valid yet: put it when it is."});
    }
  }
}

void checkUse(std::string_view host, const CheckedCertificate& checked, Problems& problems) {
  X509* const leaf = checked.chain.leaf.get();
  if (X509_check_purpose(leaf, X509_PURPOSE_SSL_SERVER, 0) != 1) {
    problems.push_back({"certificate", "is not for servers: have one made that is (serverAuth)."});
  }
  std::vector<std::string> names = checked.facts.names;
  std::sort(names.begin(), names.end());
  if (coversHost(names, host)) return;
  std::string known;
  for (std::size_t i = 0; i < names.size() && i < 5; ++i) {
    known += (i == 0 ? "" : ", ") + names[i];
  }
  if (names.size() > 5) known += ", …";
  problems.push_back({"certificate", "does not name " + inQuotes(host) +
                                         " in its subjectAltName, which has " +
                                         (known.empty() ? "no host" : known) + "."});
}

}  // namespace

ApiResult<CheckedCertificate> checkCertificate(std::string_view host, std::string_view chainText,
                                               std::string_view keyText, std::int64_t now) {
  if (chainText.size() > kLongestChain) {
    return invalidProblem("certificate", "has more than 65536 bytes.");
  }
  if (keyText.size() > kLongestKey) return invalidProblem("key", "has more than 16384 bytes.");
  Problems problems;
  auto chain = parsePemChain(chainText, "it");
  if (chain.has_error()) problems.push_back({"certificate", chain.error().message + "."});
  auto key = parsePemKey(keyText, "it");
  if (key.has_error()) problems.push_back({"key", key.error().message + "."});
  if (!problems.empty()) return invalidProblem(std::move(problems));
  CheckedCertificate checked{std::move(*chain), std::move(*key), {}};
  checked.facts = factsOf(*checked.chain.leaf);
  if (!isKeyOf(checked.key, checked.chain)) {
    problems.push_back({"key",
                        "does not belong to the first certificate: put the host's own first, and "
                        "the key that it was made with."});
  }
  checkOrder(checked.chain, problems);
  checkTimes(checked.chain, now, problems);
  checkUse(host, checked, problems);
  if (!problems.empty()) return invalidProblem(std::move(problems));
  return checked;
}

}  // namespace skiff
