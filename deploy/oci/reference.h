#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "deploy/oci/error.h"

namespace skiff {

/// Whether `text` can be a repository's name (distribution-spec, "Pulling manifests").
bool isRepositoryName(std::string_view text);

/// Names an artifact: "registry/repository:tag", "registry/repository@sha256:…", or both, of which
/// the digest counts.
struct OciReference {
  std::string registry;    ///< see config/registry_name.h
  std::string repository;  ///< "library/nginx"
  std::string tag;         ///< may be empty if there is a digest
  std::string digest;      ///< may be empty if there is a tag

  /// As people write references: without a registry docker.io is meant, and there
  /// "library/" is put before a single name; without tag and digest "latest" is meant. A first part
  /// with a dot, a colon or in brackets, or "localhost", is a registry.
  static OciResult<OciReference> parse(std::string_view text);

  /// Complete: parse() gives the same value again.
  std::string text() const;
  /// What to ask the registry for: the digest, else the tag.
  const std::string& selector() const { return digest.empty() ? tag : digest; }
  bool operator==(const OciReference&) const = default;
};

}  // namespace skiff
