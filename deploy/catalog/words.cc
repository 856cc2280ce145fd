#include "deploy/catalog/words.h"

#include <array>
#include <cstddef>

namespace skiff {
namespace {

// In the order of the enumerators.
constexpr std::array<std::string_view, 4> kVerdicts{"unchecked", "verified", "missing", "refused"};
constexpr std::array<std::string_view, 4> kCauses{"put", "rollback", "auto-rollback", "watch"};
constexpr std::array<std::string_view, 3> kScopes{"operator", "tenant-admin", "tenant-read"};

template <class Enumeration, std::size_t Size>
std::optional<Enumeration> find(const std::array<std::string_view, Size>& words,
                                std::string_view word) {
  for (std::size_t i = 0; i < Size; ++i) {
    if (words[i] == word) return static_cast<Enumeration>(i);
  }
  return std::nullopt;
}

}  // namespace

std::string_view wordOf(SignatureVerdict verdict) {
  return kVerdicts.at(static_cast<std::size_t>(verdict));
}

std::string_view wordOf(DeploymentCause cause) {
  return kCauses.at(static_cast<std::size_t>(cause));
}

std::string_view wordOf(Scope scope) {
  return kScopes.at(static_cast<std::size_t>(scope));
}

std::optional<SignatureVerdict> signatureVerdictOf(std::string_view word) {
  return find<SignatureVerdict>(kVerdicts, word);
}

std::optional<DeploymentCause> deploymentCauseOf(std::string_view word) {
  return find<DeploymentCause>(kCauses, word);
}

std::optional<Scope> scopeOf(std::string_view word) {
  return find<Scope>(kScopes, word);
}

}  // namespace skiff
