#include "deploy/catalog/messages.h"

#include <string>

#include "config/printable.h"

namespace skiff {
namespace {

CatalogError notFound(std::string message) {
  return {CatalogError::Kind::notFound, std::move(message)};
}

std::string appNamed(std::string_view tenant, std::string_view app) {
  return "the app " + inQuotes(app) + " of the tenant " + inQuotes(tenant);
}

}  // namespace

CatalogError noTenant(std::string_view name) {
  return notFound("there is no tenant " + inQuotes(name));
}

CatalogError noApp(std::string_view tenant, std::string_view app) {
  return notFound("the tenant " + inQuotes(tenant) + " has no app " + inQuotes(app));
}

CatalogError noVersion(std::string_view tenant, std::string_view app, std::string_view version) {
  return notFound(appNamed(tenant, app) + " has no version " + inQuotes(version));
}

CatalogError noDeployment(std::string_view tenant, std::string_view app) {
  return notFound(appNamed(tenant, app) + " has no deployment yet");
}

CatalogError noDeployment(std::string_view tenant, std::string_view app, std::int64_t number) {
  return notFound(appNamed(tenant, app) + " has no deployment " + std::to_string(number) +
                  " (any more)");
}

CatalogError noSecret(std::string_view tenant, std::string_view app, std::string_view name) {
  return notFound(appNamed(tenant, app) + " has no secret " + inQuotes(name));
}

CatalogError noCertificate(std::string_view host) {
  return {CatalogError::Kind::notFound, "there is no certificate for the host " + inQuotes(host)};
}

CatalogError noToken() {
  return notFound("there is no such token, or it has expired");
}

CatalogError beyondBound(std::string_view sentence) {
  return {CatalogError::Kind::full, std::string(sentence)};
}

CatalogError noRoom(std::string_view tenant, std::uint64_t bytes, std::uint64_t most) {
  return {CatalogError::Kind::noRoom, "the versions of the tenant " + inQuotes(tenant) +
                                          " would need " + std::to_string(bytes) +
                                          " bytes of the " + std::to_string(most) +
                                          " that they may have on disk"};
}

std::optional<CatalogError> refusal(Precondition condition, std::optional<Revision> current,
                                    std::string_view what) {
  const auto changed = [&](std::string_view how) {
    return CatalogError{CatalogError::Kind::changed, std::string(what).append(how)};
  };
  switch (condition.kind) {
    case Precondition::Kind::none:
      return std::nullopt;
    case Precondition::Kind::matches:
      if (!current) return changed(" is not there (any more)");
      if (*current == condition.revision) return std::nullopt;
      return changed(" was changed meanwhile: look at it as it is now, and try again");
    case Precondition::Kind::absent:
      if (!current) return std::nullopt;
      return changed(" is there already");
    case Precondition::Kind::present:
      if (current) return std::nullopt;
      return changed(" is not there (any more)");
  }
  return changed(" cannot be told to be unchanged");
}

}  // namespace skiff
