#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "deploy/catalog/catalog.h"

namespace skiff {

// The catalog's errors, in its words.

CatalogError noTenant(std::string_view name);
CatalogError noApp(std::string_view tenant, std::string_view app);
CatalogError noVersion(std::string_view tenant, std::string_view app, std::string_view version);
CatalogError noDeployment(std::string_view tenant, std::string_view app);
CatalogError noDeployment(std::string_view tenant, std::string_view app, std::int64_t number);
CatalogError noSecret(std::string_view tenant, std::string_view app, std::string_view name);
CatalogError noCertificate(std::string_view host);
CatalogError noToken();
CatalogError beyondBound(std::string_view sentence);
CatalogError noRoom(std::string_view tenant, std::uint64_t bytes, std::uint64_t most);

/// Nothing if `condition` holds for what has the revision `current` (nothing: is not there), else
/// the error. `what`: "the tenant \"a\"".
std::optional<CatalogError> refusal(Precondition condition, std::optional<Revision> current,
                                    std::string_view what);

}  // namespace skiff
