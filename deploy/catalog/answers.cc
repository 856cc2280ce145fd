#include <chrono>

#include "deploy/catalog/bounds.h"
#include "deploy/catalog/messages.h"
#include "deploy/catalog/sqlite_catalog.h"

namespace skiff {
namespace {

/// Answers from before that time count no more.
UnixMilliseconds oldest(UnixMilliseconds now) {
  return now - std::chrono::milliseconds(catalog_bounds::kAnswerAge).count();
}

}  // namespace

CatalogResult<void> SqliteCatalog::remember(std::string_view token, std::string_view key,
                                            const RememberedAnswer& answer) {
  if (answer.body.size() > catalog_bounds::kAnswerSize) {
    return beyondBound("an answer of more than " + std::to_string(catalog_bounds::kAnswerSize) +
                       " bytes cannot be remembered");
  }
  return connections_.write([&](sqlite::Database& database) -> CatalogResult<void> {
    const UnixMilliseconds now = time();
    database.run("DELETE FROM answers WHERE token = ?1 AND key = ?2 AND time <= ?3", token, key,
                 oldest(now));
    // A few at a time, so that nobody waits for the removal of many.
    database.run(
        "DELETE FROM answers WHERE rowid IN"
        " (SELECT rowid FROM answers WHERE time <= ?1 ORDER BY time LIMIT 16)",
        oldest(now));
    // Sealed, as an answer may tell a token.
    database.run("INSERT OR IGNORE INTO answers VALUES (?1, ?2, ?3, ?4, ?5, ?6)", token, key,
                 answer.requestHash, answer.status,
                 sqlite::Blob{cipher_.seal(answer.body, {"answer", token, key})}, now);
    database.run(
        "DELETE FROM answers WHERE rowid IN (SELECT rowid FROM answers WHERE token = ?1"
        " ORDER BY time DESC, rowid DESC LIMIT -1 OFFSET ?2)",
        token, catalog_bounds::kAnswersOfToken);
    return {};
  });
}

CatalogResult<std::optional<RememberedAnswer>> SqliteCatalog::remembered(
    std::string_view token, std::string_view key) const {
  return connections_.read(
      [&](sqlite::Database& database) -> CatalogResult<std::optional<RememberedAnswer>> {
        std::optional<RememberedAnswer> found;
        sqlite::Statement row = database.query(
            "SELECT request_hash, status, body FROM answers"
            " WHERE token = ?1 AND key = ?2 AND time > ?3",
            token, key, oldest(time()));
        if (!row.step()) return found;
        RememberedAnswer answer{row.text(0), static_cast<int>(row.integer(1)), {}};
        // Where the key was replaced meanwhile, there is none any more.
        if (cipher_.open(row.blob(2), {"answer", token, key}, answer.body)) {
          found = std::move(answer);
        }
        return found;
      });
}

}  // namespace skiff
