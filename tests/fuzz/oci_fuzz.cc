// Whatever a registry sends is read or refused: manifests, challenges, tokens, URLs, descriptions
// of Spin applications; and so are references, whoever wrote them. The first byte chooses the
// parser.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "config/registry_name.h"
#include "deploy/oci/challenge.h"
#include "deploy/oci/content_digest.h"
#include "deploy/oci/layout.h"
#include "deploy/oci/manifest.h"
#include "deploy/oci/reference.h"
#include "deploy/oci/retry.h"
#include "deploy/oci/token.h"
#include "deploy/oci/url.h"

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

void reference(std::string_view text) {
  const auto parsed = skiff::OciReference::parse(text);
  if (parsed.has_error()) {
    require(parsed.error().kind == skiff::OciError::Kind::badReference);
    return;
  }
  require(*skiff::OciReference::parse(parsed->text()) == *parsed);
  require(*skiff::parseRegistryName(parsed->registry) == parsed->registry);
  require(!parsed->selector().empty());
  // What it is put into is a path of a URL.
  require((parsed->repository + parsed->tag).find_first_of("?#% \r\n\\") == std::string::npos);
  std::string address = "https://";
  address += parsed->registry;
  require(skiff::HttpUrl::parse(address).has_value());
}

void manifest(std::string_view body) {
  const auto parsed = skiff::parseManifest(body, "");
  if (parsed.has_error()) return require(!parsed.error().message.empty());
  for (const skiff::OciDescriptor& entry : parsed->entries) require(skiff::isDigest(entry.digest));
  if (parsed->kind == skiff::OciManifest::Kind::index) {
    if (const auto entry = skiff::selectManifest(*parsed); entry.has_value()) {
      require(skiff::isDigest(entry->digest));
    }
    return;
  }
  require(skiff::isDigest(parsed->config.digest));
  const auto plan = skiff::planArtifact(*parsed);
  if (plan.has_error()) return require(plan.error().kind == skiff::OciError::Kind::unsupported);
  require(plan->module || plan->application || !plan->layers.empty());
}

void challenge(std::string_view field) {
  for (const skiff::AuthChallenge& each : skiff::parseChallenges(field)) {
    const auto realm = skiff::HttpUrl::parse(each.realm);
    if (!realm) continue;
    skiff::HttpUrl url = *realm;
    url.addQuery("scope", each.scope);
    require(url.target.find_first_of("\r\n ") == std::string::npos);
  }
}

void token(std::string_view answer) {
  const auto parsed = skiff::parseTokenAnswer(answer);
  if (parsed.has_error()) return;
  require(parsed->value.find_first_of("\r\n \t") == std::string::npos && !parsed->value.empty());
  require(parsed->lifetime.count() > 0);
}

void url(std::string_view text) {
  const auto from = *skiff::HttpUrl::parse("https://a:8443/v2/t/blobs/x?y");
  for (const auto& parsed : {skiff::HttpUrl::parse(text), from.resolve(text)}) {
    if (!parsed) continue;
    require(parsed->target.starts_with('/') && parsed->port != 0);
    require(parsed->text().find_first_of("\r\n ") == std::string::npos);
    const auto again = skiff::HttpUrl::parse(parsed->text());
    require(again && again->text() == parsed->text() && again->isSameOrigin(*parsed));
  }
}

void spin(std::string_view json) {
  skiff::OciManifest manifest;
  manifest.entries.resize(1);
  manifest.entries[0].digest.push_back('x');
  const auto module = skiff::spinModule(json, manifest);
  require(module.has_error() || module->digest == "x");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
  switch (data[0]) {
    case 'r':
      reference(text);
      break;
    case 'm':
      manifest(text);
      break;
    case 'c':
      challenge(text);
      break;
    case 't':
      token(text);
      break;
    case 'u':
      url(text);
      break;
    case 's':
      spin(text);
      break;
    case 'a':
      skiff::parseRetryAfter(text, {});
      break;
    default:
      break;
  }
  return 0;
}
