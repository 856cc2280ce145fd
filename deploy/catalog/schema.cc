#include "deploy/catalog/schema.h"

#include <array>
#include <cstdint>
#include <string>

namespace skiff {
namespace {

/// "skif": marks the file as a catalog of ours.
constexpr std::int64_t kApplicationId = 0x736B6966;

constexpr std::string_view kFirst = R"sql(
-- One row. revision: of the last change. key_check: tells whether a key is the one that the secrets
-- are sealed with; empty before there was one.
CREATE TABLE catalog (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  revision INTEGER NOT NULL,
  key_check BLOB NOT NULL
) STRICT;
INSERT INTO catalog VALUES (1, 0, x'');

-- made: the revision of the change that made it.
CREATE TABLE tenants (
  name TEXT PRIMARY KEY,
  document TEXT NOT NULL,
  made INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  created INTEGER NOT NULL,
  updated INTEGER NOT NULL
) STRICT;

CREATE TABLE apps (
  tenant TEXT NOT NULL REFERENCES tenants ON DELETE CASCADE,
  name TEXT NOT NULL,
  document TEXT NOT NULL,
  override_key TEXT NOT NULL,
  revision INTEGER NOT NULL,
  created INTEGER NOT NULL,
  updated INTEGER NOT NULL,
  PRIMARY KEY (tenant, name)
) STRICT;

CREATE TABLE secrets (
  tenant TEXT NOT NULL,
  app TEXT NOT NULL,
  name TEXT NOT NULL,
  sealed BLOB NOT NULL,
  PRIMARY KEY (tenant, app, name),
  FOREIGN KEY (tenant, app) REFERENCES apps ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE versions (
  tenant TEXT NOT NULL,
  app TEXT NOT NULL,
  version TEXT NOT NULL,
  digest TEXT NOT NULL,
  module_digest TEXT NOT NULL,
  module_size INTEGER NOT NULL,
  tree TEXT NOT NULL,
  reference TEXT NOT NULL,
  abi TEXT NOT NULL,
  settings TEXT NOT NULL,
  signature TEXT NOT NULL,
  signature_detail TEXT NOT NULL,
  revision INTEGER NOT NULL,
  created INTEGER NOT NULL,
  created_by TEXT NOT NULL,
  PRIMARY KEY (tenant, app, version),
  FOREIGN KEY (tenant, app) REFERENCES apps ON DELETE CASCADE
) STRICT;
CREATE INDEX versions_by_age ON versions (tenant, app, revision);
CREATE INDEX versions_by_tree ON versions (tree) WHERE tree <> '';

CREATE TABLE version_blobs (
  tenant TEXT NOT NULL,
  app TEXT NOT NULL,
  version TEXT NOT NULL,
  position INTEGER NOT NULL,
  digest TEXT NOT NULL,
  PRIMARY KEY (tenant, app, version, position),
  FOREIGN KEY (tenant, app, version) REFERENCES versions ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX version_blobs_by_digest ON version_blobs (digest);

CREATE TABLE deployments (
  tenant TEXT NOT NULL,
  app TEXT NOT NULL,
  number INTEGER NOT NULL,
  sticky TEXT NOT NULL,
  auto_rollback TEXT NOT NULL,
  cause TEXT NOT NULL,
  rolls_back_to INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  created INTEGER NOT NULL,
  created_by TEXT NOT NULL,
  PRIMARY KEY (tenant, app, number),
  FOREIGN KEY (tenant, app) REFERENCES apps ON DELETE CASCADE
) STRICT;

-- No reference to versions: the history names some that are gone.
CREATE TABLE splits (
  tenant TEXT NOT NULL,
  app TEXT NOT NULL,
  number INTEGER NOT NULL,
  position INTEGER NOT NULL,
  version TEXT NOT NULL,
  weight INTEGER NOT NULL,
  PRIMARY KEY (tenant, app, number, position),
  FOREIGN KEY (tenant, app, number) REFERENCES deployments ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- tenant: NULL for an operator's.
CREATE TABLE tokens (
  id TEXT PRIMARY KEY,
  hash BLOB NOT NULL UNIQUE,
  scope TEXT NOT NULL,
  tenant TEXT REFERENCES tenants ON DELETE CASCADE,
  note TEXT NOT NULL,
  revision INTEGER NOT NULL,
  created INTEGER NOT NULL,
  expires INTEGER NOT NULL
) STRICT;
CREATE INDEX tokens_by_tenant ON tokens (tenant, revision);
CREATE INDEX tokens_by_age ON tokens (revision);

CREATE TABLE audit (
  revision INTEGER PRIMARY KEY,
  time INTEGER NOT NULL,
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  tenant TEXT NOT NULL,
  app TEXT NOT NULL,
  subject TEXT NOT NULL,
  before TEXT NOT NULL,
  after TEXT NOT NULL
) STRICT;
CREATE INDEX audit_by_tenant ON audit (tenant, revision);

CREATE TABLE answers (
  token TEXT NOT NULL,
  key TEXT NOT NULL,
  request_hash TEXT NOT NULL,
  status INTEGER NOT NULL,
  body BLOB NOT NULL,
  time INTEGER NOT NULL,
  UNIQUE (token, key)
) STRICT;
CREATE INDEX answers_by_token ON answers (token, time);
CREATE INDEX answers_by_age ON answers (time);
)sql";

constexpr std::string_view kContentSizes = R"sql(
-- Bytes on disk. Of what was added before there were these columns, only modules are known.
ALTER TABLE version_blobs ADD COLUMN size INTEGER NOT NULL DEFAULT 0;
ALTER TABLE versions ADD COLUMN tree_size INTEGER NOT NULL DEFAULT 0;
UPDATE version_blobs SET size = coalesce(
  (SELECT module_size FROM versions WHERE versions.tenant = version_blobs.tenant
   AND versions.app = version_blobs.app AND versions.version = version_blobs.version
   AND versions.module_digest = version_blobs.digest), 0);
)sql";

constexpr std::string_view kParents = R"sql(
-- parent: the token that it was made with. NULL: none, or one that was gone before there was this
-- column; what the audit log tells of the others is taken over.
ALTER TABLE tokens ADD COLUMN parent TEXT REFERENCES tokens ON DELETE CASCADE;
CREATE INDEX tokens_by_parent ON tokens (parent) WHERE parent IS NOT NULL;
UPDATE tokens SET parent = made.maker FROM
  (SELECT subject, substr(actor, 7) AS maker FROM audit
   WHERE action = 'token.add' AND actor LIKE 'token %') AS made
  WHERE made.subject = tokens.id AND made.maker IN (SELECT id FROM tokens);
)sql";

constexpr std::string_view kCertificates = R"sql(
-- sealed: the key. revision: of the change that put it.
CREATE TABLE certificates (
  host TEXT PRIMARY KEY,
  tenant TEXT NOT NULL REFERENCES tenants ON DELETE CASCADE,
  chain TEXT NOT NULL,
  summary TEXT NOT NULL,
  sealed BLOB NOT NULL,
  revision INTEGER NOT NULL,
  created INTEGER NOT NULL,
  created_by TEXT NOT NULL
) STRICT;
CREATE INDEX certificates_by_tenant ON certificates (tenant, host);
)sql";

constexpr std::array kMigrations{kFirst, kContentSizes, kParents, kCertificates};

}  // namespace

std::span<const std::string_view> catalogMigrations() {
  return kMigrations;
}

Result<void> migrate(sqlite::Database& database, std::span<const std::string_view> migrations) {
  const std::int64_t found = database.integer("PRAGMA user_version");
  const std::int64_t application = database.integer("PRAGMA application_id");
  const bool isEmpty = database.integer("SELECT count(*) FROM sqlite_schema") == 0;
  if (application != (isEmpty ? 0 : kApplicationId) || (isEmpty && found != 0)) {
    return Error{"is a database of another program: give skiff a file of its own"};
  }
  const auto newest = static_cast<std::int64_t>(migrations.size());
  if (found < 0 || found > newest) {
    return Error{"was written by a newer skiff (its format is " + std::to_string(found) +
                 ", this skiff knows up to " + std::to_string(newest) +
                 "): run that one, or restore a backup from before it"};
  }
  // Kept in the file; cannot be set within a transaction.
  {
    sqlite::Statement mode = database.query("PRAGMA journal_mode = WAL");
    if (!mode.step() || mode.text(0) != "wal") {
      return Error{"cannot have a write-ahead log: put it on a local disk"};
    }
  }
  for (std::int64_t version = found; version < newest; ++version) {
    sqlite::Transaction transaction(database, sqlite::Database::Use::writing);
    database.script(std::string(migrations[static_cast<std::size_t>(version)]));
    database.script("PRAGMA application_id = " + std::to_string(kApplicationId) +
                    "; PRAGMA user_version = " + std::to_string(version + 1));
    transaction.commit();
  }
  return {};
}

}  // namespace skiff
