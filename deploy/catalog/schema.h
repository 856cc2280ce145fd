#pragma once

#include <span>
#include <string_view>

#include "config/result.h"
#include "deploy/catalog/sqlite.h"

namespace skiff {

/// How each version of the catalog's schema is made from the one before: entry N takes a catalog of
/// version N to N+1, from the empty file on. Entries are only ever added.
std::span<const std::string_view> catalogMigrations();

/// Brings the database up to date, each step in one transaction. The error, a reason that follows
/// "the catalog X ", is for a file of a newer skiff or of another program; both stay as they are.
Result<void> migrate(sqlite::Database& database, std::span<const std::string_view> migrations);

}  // namespace skiff
