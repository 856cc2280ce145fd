#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "deploy/catalog/records.h"
#include "deploy/catalog/secret_cipher.h"
#include "deploy/catalog/sqlite.h"

namespace skiff {

// Records from the catalog's tables, for all methods alike. They throw sqlite::Failure.

// Nothing if there is none.
std::optional<TenantRecord> findTenant(sqlite::Database& database, std::string_view name);
std::optional<AppRecord> findApp(sqlite::Database& database, std::string_view tenant,
                                 std::string_view name);
std::optional<VersionRecord> findVersion(sqlite::Database& database, std::string_view tenant,
                                         std::string_view app, std::string_view version);
std::optional<DeploymentRecord> findDeployment(sqlite::Database& database, std::string_view tenant,
                                               std::string_view app, std::int64_t number);
std::optional<DeploymentRecord> findCurrentDeployment(sqlite::Database& database,
                                                      std::string_view tenant,
                                                      std::string_view app);

// Lists, of at most `limit` records.
std::vector<TenantRecord> listTenants(sqlite::Database& database, std::string_view after,
                                      std::size_t limit);
std::vector<AppRecord> listApps(sqlite::Database& database, std::string_view tenant,
                                std::string_view after, std::size_t limit);
std::vector<VersionRecord> listVersions(sqlite::Database& database, std::string_view tenant,
                                        std::string_view app, std::size_t limit);
std::vector<DeploymentRecord> listDeployments(sqlite::Database& database, std::string_view tenant,
                                              std::string_view app, std::size_t limit);

/// Names and opened values. Throws if one was sealed with another key, or damaged.
std::vector<std::pair<std::string, std::string>> openSecrets(sqlite::Database& database,
                                                             const SecretCipher& cipher,
                                                             std::string_view tenant,
                                                             std::string_view app);

/// For SQL's LIMIT, which counts with a sign.
std::int64_t limitOf(std::size_t limit);

}  // namespace skiff
