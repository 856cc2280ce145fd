#pragma once

#include <optional>
#include <string_view>

#include "deploy/catalog/records.h"

namespace skiff {

// What enumerators are called in the catalog's file, in the audit log and wherever else people and
// programs read them.

std::string_view wordOf(SignatureVerdict verdict);  ///< "unchecked", "verified", …
std::string_view wordOf(DeploymentCause cause);     ///< "put", "rollback", "auto-rollback", "watch"
std::string_view wordOf(Scope scope);               ///< "operator", "tenant-admin", "tenant-read"

// Nothing for another word.
std::optional<SignatureVerdict> signatureVerdictOf(std::string_view word);
std::optional<DeploymentCause> deploymentCauseOf(std::string_view word);
std::optional<Scope> scopeOf(std::string_view word);

}  // namespace skiff
