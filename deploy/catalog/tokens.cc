#include <sqlite3.h>

#include "deploy/catalog/audit_json.h"
#include "deploy/catalog/bounds.h"
#include "deploy/catalog/messages.h"
#include "deploy/catalog/random_id.h"
#include "deploy/catalog/sqlite_catalog.h"
#include "deploy/catalog/words.h"

namespace skiff {
namespace {

constexpr std::size_t kIdBytes = 8;

const std::string kSelectToken =
    "SELECT id, scope, coalesce(tenant, ''), note, created, expires, coalesce(parent, '')"
    " FROM tokens ";

TokenRecord tokenIn(const sqlite::Statement& row) {
  TokenRecord token;
  token.id = row.text(0);
  const auto scope = scopeOf(row.text(1));
  if (!scope) throw sqlite::Failure(SQLITE_CORRUPT, "a token has an unknown scope");
  token.scope = *scope;
  token.tenant = row.text(2);
  token.note = row.text(3);
  token.created = row.integer(4);
  token.expires = row.integer(5);
  token.parent = row.text(6);
  return token;
}

/// Whether the parent holds; the token does not outlast it then.
bool bindToParent(const Change& change, TokenRecord& token) {
  sqlite::Statement row =
      change.database().query(kSelectToken + "WHERE id = ?1 AND (expires = 0 OR expires > ?2)",
                              token.parent, change.time());
  if (!row.step()) return false;
  const UnixMilliseconds end = tokenIn(row).expires;
  if (end != 0 && (token.expires == 0 || token.expires > end)) token.expires = end;
  return true;
}

/// The token and all that were made with it, parents before their children.
std::vector<TokenRecord> familyOf(sqlite::Database& database, std::string_view id) {
  sqlite::Statement row = database.query(
      "WITH RECURSIVE family(member) AS (SELECT ?1 UNION"
      " SELECT tokens.id FROM tokens JOIN family ON tokens.parent = family.member) " +
          kSelectToken + "WHERE id IN (SELECT member FROM family) ORDER BY revision",
      id);
  std::vector<TokenRecord> family;
  while (row.step()) family.push_back(tokenIn(row));
  return family;
}

}  // namespace

CatalogResult<TokenRecord> SqliteCatalog::addToken(std::string_view actor, TokenRecord token,
                                                   std::string_view hash) {
  return change(actor, [&](Change& change) -> CatalogResult<TokenRecord> {
    sqlite::Database& database = change.database();
    const bool isOperators = token.tenant.empty();
    if (!isOperators &&
        database.integer("SELECT count(*) FROM tenants WHERE name = ?1", token.tenant) == 0) {
      return noTenant(token.tenant);
    }
    if (!token.parent.empty() && !bindToParent(change, token)) return noToken();
    constexpr std::chrono::milliseconds kListed = catalog_bounds::kExpiredToken;
    database.run(
        "DELETE FROM tokens WHERE tenant IS nullif(?1, '') AND expires <> 0 AND expires < ?2",
        token.tenant, change.time() - kListed.count());
    if (database.integer("SELECT count(*) FROM tokens WHERE tenant IS nullif(?1, '')",
                         token.tenant) >= catalog_bounds::kTokensOfTenant) {
      return beyondBound("there are " + std::to_string(catalog_bounds::kTokensOfTenant) +
                         " such tokens, which is the most: delete one first");
    }
    if (token.id.empty()) token.id = randomId(kIdBytes);
    token.created = change.time();
    database.run(
        "INSERT INTO tokens (id, hash, scope, tenant, note, revision, created, expires, parent)"
        " VALUES (?1, ?2, ?3, nullif(?4, ''), ?5, ?6, ?7, ?8, nullif(?9, ''))",
        token.id, sqlite::Blob{hash}, wordOf(token.scope), token.tenant, token.note,
        change.revision(), token.created, token.expires, token.parent);
    change.audit({.action = "token.add",
                  .tenant = token.tenant,
                  .subject = token.id,
                  .after = auditJson(token)});
    return token;
  });
}

CatalogResult<void> SqliteCatalog::deleteToken(std::string_view actor, std::string_view id) {
  return connections_.write([&](sqlite::Database& database) -> CatalogResult<void> {
    const std::vector<TokenRecord> family = familyOf(database, id);
    if (family.empty()) return noToken();
    // Each is a change of its own, for the log of its own tenant; all are made, or none.
    for (auto token = family.rbegin(); token != family.rend(); ++token) {
      Change change(database, actor, time());
      database.run("DELETE FROM answers WHERE token = ?1", token->id);
      database.run("DELETE FROM tokens WHERE id = ?1", token->id);
      change.audit({.action = "token.delete",
                    .tenant = token->tenant,
                    .subject = token->id,
                    .before = auditJson(*token)});
    }
    return {};
  });
}

CatalogResult<TokenRecord> SqliteCatalog::findToken(std::string_view hash) const {
  return connections_.read([&](sqlite::Database& database) -> CatalogResult<TokenRecord> {
    sqlite::Statement row =
        database.query(kSelectToken + "WHERE hash = ?1 AND (expires = 0 OR expires > ?2)",
                       sqlite::Blob{hash}, time());
    if (!row.step()) return noToken();
    return tokenIn(row);
  });
}

CatalogResult<TokenRecord> SqliteCatalog::token(std::string_view id) const {
  return connections_.read([&](sqlite::Database& database) -> CatalogResult<TokenRecord> {
    sqlite::Statement row = database.query(kSelectToken + "WHERE id = ?1", id);
    if (!row.step()) return noToken();
    return tokenIn(row);
  });
}

CatalogResult<std::vector<TokenRecord>> SqliteCatalog::tokens(std::string_view tenant) const {
  return connections_.read(
      [&](sqlite::Database& database) -> CatalogResult<std::vector<TokenRecord>> {
        sqlite::Statement row =
            tenant.empty()
                ? database.query(kSelectToken + "ORDER BY revision")
                : database.query(kSelectToken + "WHERE tenant = ?1 ORDER BY revision", tenant);
        std::vector<TokenRecord> list;
        while (row.step()) list.push_back(tokenIn(row));
        return list;
      });
}

}  // namespace skiff
