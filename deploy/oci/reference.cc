#include "deploy/oci/reference.h"

#include <algorithm>
#include <utility>

#include "config/printable.h"
#include "config/registry_name.h"
#include "deploy/oci/content_digest.h"

namespace skiff {
namespace {

constexpr std::size_t kLongestReference = 1'024;
constexpr std::size_t kLongestRepository = 255;
constexpr std::size_t kLongestTag = 128;  // distribution-spec, "Pulling manifests"
constexpr std::string_view kDefaultRegistry = "docker.io";

bool isLowerOrDigit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool isTag(std::string_view text) {
  const auto isWord = [](char c) {
    return isLowerOrDigit(c) || (c >= 'A' && c <= 'Z') || c == '_';
  };
  return !text.empty() && text.size() <= kLongestTag && isWord(text.front()) &&
         std::all_of(text.begin(), text.end(),
                     [&](char c) { return isWord(c) || c == '.' || c == '-'; });
}

/// One part between slashes: words of letters and digits with ".", "_", "__" or dashes between.
bool isPathPart(std::string_view part) {
  std::size_t at = 0;
  for (;;) {
    const std::size_t word = at;
    while (at < part.size() && isLowerOrDigit(part[at])) ++at;
    if (at == word) return false;
    if (at == part.size()) return true;
    const std::size_t separator = at;
    while (at < part.size() && !isLowerOrDigit(part[at])) ++at;
    const std::string_view between = part.substr(separator, at - separator);
    if (between != "." && between != "_" && between != "__" &&
        between.find_first_not_of('-') != between.npos) {
      return false;
    }
  }
}

bool isRegistry(std::string_view part) {
  return part.find_first_of(".:[") != part.npos || part == "localhost";
}

}  // namespace

bool isRepositoryName(std::string_view text) {
  if (text.size() > kLongestRepository) return false;
  for (;;) {
    const std::size_t slash = text.find('/');
    if (!isPathPart(text.substr(0, slash))) return false;
    if (slash == text.npos) return true;
    text.remove_prefix(slash + 1);
  }
}

OciResult<OciReference> OciReference::parse(std::string_view text) {
  const auto refuse = [&](std::string_view what) {
    return OciError{OciError::Kind::badReference,
                    "an image is REGISTRY/REPOSITORY:TAG or REGISTRY/REPOSITORY@sha256:…, such as "
                    "\"ghcr.io/acme/app:v1\"; " +
                        inQuotes(text) + " " + std::string(what)};
  };
  if (text.empty()) return refuse("is empty");
  if (text.size() > kLongestReference) return refuse("is too long");
  OciReference reference;
  std::string_view rest = text;
  if (const std::size_t at = rest.find('@'); at != rest.npos) {
    reference.digest = rest.substr(at + 1);
    if (!isDigest(reference.digest)) {
      return refuse("does not end in a digest: sha256: and 64 hex digits in lower case");
    }
    rest = rest.substr(0, at);
  }
  reference.registry = kDefaultRegistry;
  if (const std::size_t slash = rest.find('/');
      slash != rest.npos && isRegistry(rest.substr(0, slash))) {
    auto registry = parseRegistryName(rest.substr(0, slash));
    if (registry.has_error()) return refuse("begins with no registry: " + registry.error().message);
    reference.registry = *std::move(registry);
    rest.remove_prefix(slash + 1);
  }
  if (const std::size_t colon = rest.find(':'); colon != rest.npos) {
    reference.tag = rest.substr(colon + 1);
    if (!isTag(reference.tag)) {
      return refuse("has no proper tag: 1 to 128 letters, digits, \"_\", \".\" and \"-\"");
    }
    rest = rest.substr(0, colon);
  } else if (reference.digest.empty()) {
    reference.tag = "latest";
  }
  if (reference.registry == kDefaultRegistry && rest.find('/') == rest.npos) {
    reference.repository = "library/";
  }
  reference.repository += rest;
  if (!isRepositoryName(reference.repository)) {
    return refuse(
        "has no proper repository: letters in lower case, digits and single \".\", "
        "\"_\", \"-\" between them, with \"/\" between parts");
  }
  return reference;
}

std::string OciReference::text() const {
  std::string text = registry + "/" + repository;
  if (!tag.empty()) text += ":" + tag;
  if (!digest.empty()) text += "@" + digest;
  return text;
}

}  // namespace skiff
