// Certificates and keys in PEM, as the admin API and files have them: parsed as a chain, as a key
// and as authorities. Whatever is accepted has facts that can be printed, and hosts that are hosts.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "config/host_pattern.h"
#include "server/tls/certificate_facts.h"
#include "server/tls/pem.h"

namespace {

constexpr std::string_view kPlace = "the certificate of \"host.test\"";

void require(bool condition) {
  if (!condition) std::abort();
}

bool isPrintable(std::string_view text) {
  for (const unsigned char c : text) {
    if (c < ' ' || c == '\x7f') return false;
  }
  return true;
}

void checkFacts(const X509& certificate) {
  const skiff::CertificateFacts facts = skiff::factsOf(certificate);
  for (const std::string& text : {facts.subject, facts.issuer, facts.key})
    require(isPrintable(text));
  require(facts.fingerprint.size() == 64);
  for (const std::string& name : facts.names) {
    const auto host = skiff::parseHostPattern(name);
    require(host.has_value() && *host == name);
  }
  const std::string owner = skiff::ownerOf(certificate);
  require(isPrintable(owner) && owner.size() <= 64);
}

void checkError(const std::string& message) {
  require(message.starts_with(kPlace));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto chain = skiff::parsePemChain(text, kPlace);
  const auto key = skiff::parsePemKey(text, kPlace);
  if (chain.has_value()) {
    require(chain->others.size() <= 16);
    checkFacts(*chain->leaf);
    if (key.has_value()) skiff::isKeyOf(*key, *chain);
  } else {
    checkError(chain.error().message);
  }
  if (key.has_error()) checkError(key.error().message);
  const auto authorities = skiff::parsePemAuthorities(text, kPlace);
  if (authorities.has_value()) {
    require(!authorities->empty() && authorities->size() <= 100);
    for (const auto& one : *authorities) checkFacts(*one);
  } else {
    checkError(authorities.error().message);
  }
  return 0;
}
