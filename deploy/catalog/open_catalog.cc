#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>

#include "config/printable.h"
#include "deploy/catalog/key_file.h"
#include "deploy/catalog/schema.h"
#include "deploy/catalog/sqlite_catalog.h"

namespace skiff {
namespace {

namespace fs = std::filesystem;

/// Bytes of a database that is looked through at each start; a larger one is only where it is read.
constexpr std::uintmax_t kCheckedSize = 64 << 20;

// The errors here are reasons that follow "the catalog X ".

/// Makes an empty file with mode 0600, which SQLite gives its other files too.
Result<void> makeIfAbsent(const fs::path& file) {
  const int made = ::open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (made < 0 && errno == EEXIST) return {};
  if (made < 0) return Error{"cannot be made: " + std::generic_category().message(errno)};
  ::close(made);
  if (auto synced = syncFolderOf(file); synced.has_error()) {
    return Error{"cannot be made: " + synced.error().message};
  }
  return {};
}

Result<void> checkWhole(sqlite::Database& database, const fs::path& file) {
  std::error_code error;
  if (fs::file_size(file, error) > kCheckedSize) return {};
  sqlite::Statement row = database.query("PRAGMA quick_check(1)");
  const std::string found = row.step() ? row.text(0) : "";
  if (found == "ok") return {};
  return Error{"is damaged (" + printable(found) + "): restore it from a backup"};
}

/// The key for this catalog's secrets: from its file, which is made where nothing was sealed yet.
/// The error is a sentence.
Result<SecretKey> keyFor(sqlite::Database& database, const fs::path& file) {
  constexpr std::string_view kIdentity = "key check";
  const auto found = readKeyFile(file);
  if (found.has_error()) return found.error();
  {
    sqlite::Statement row = database.query("SELECT key_check FROM catalog");
    const std::string check = row.step() ? row.blob(0) : "";
    std::string nothing;
    if (*found && SecretCipher(**found).open(check, {kIdentity}, nothing)) return **found;
  }
  if (database.integer("SELECT (SELECT count(*) FROM secrets) + "
                       "(SELECT count(*) FROM certificates)") != 0) {
    const std::string named = "the key file " + inQuotes(file.string());
    if (*found) {
      return Error{named +
                   " is not the one that the secrets in the catalog were encrypted with: put the "
                   "right one there, from a backup"};
    }
    return Error{named +
                 " is not there, and the secrets in the catalog are encrypted with what it held: "
                 "put it back, from a backup"};
  }
  SecretKey key;
  if (*found) {
    key = **found;
  } else {
    const auto made = makeKeyFile(file);
    if (made.has_error()) return made.error();
    key = *made;
  }
  database.run("UPDATE catalog SET key_check = ?1",
               sqlite::Blob{SecretCipher(key).seal("", {kIdentity})});
  return key;
}

Result<std::unique_ptr<Catalog>> open(const fs::path& file, const fs::path& keyFile,
                                      CatalogClock now, int held) {
  auto lock = ProcessLock::take(file.string() + ".lock", held);
  if (lock.has_error()) return lock.error();
  if (auto made = makeIfAbsent(file); made.has_error()) return made.error();
  auto writer = std::make_unique<sqlite::Database>(file, sqlite::Database::Use::writing);
  if (auto migrated = migrate(*writer, catalogMigrations()); migrated.has_error()) {
    return migrated.error();
  }
  if (auto whole = checkWhole(*writer, file); whole.has_error()) return whole.error();
  auto key = keyFor(*writer, keyFile);
  if (key.has_error()) return Error{"cannot be opened: " + key.error().message};
  auto catalog = std::make_unique<SqliteCatalog>(file, *std::move(lock), std::move(writer), *key,
                                                 std::move(now));
  return Result<std::unique_ptr<Catalog>>(std::move(catalog));
}

}  // namespace

Result<std::unique_ptr<Catalog>> openCatalog(const fs::path& file, const fs::path& keyFile,
                                             CatalogClock now, int lock) {
  // The engine's executable exports an SQLite of its own.
  if (sqlite3_libversion_number() != SQLITE_VERSION_NUMBER) {
    return Error{std::string("skiffd was built for SQLite " SQLITE_VERSION ", and got ") +
                 sqlite3_libversion()};
  }
  std::string reason;
  try {
    std::error_code error;
    // One name for one file, so that nobody opens it twice through links.
    const fs::path whole = fs::weakly_canonical(fs::absolute(file, error), error);
    if (error) {
      reason = "cannot be found: " + error.message();
    } else {
      auto opened = open(whole, keyFile, std::move(now), lock);
      if (opened.has_value()) return opened;
      reason = opened.error().message;
    }
  } catch (const sqlite::Failure& failure) {
    reason = failure.isDamage()
                 ? std::string("is damaged (") + failure.what() + "): restore it from a backup"
                 : std::string("cannot be opened: ") + failure.what();
  }
  return Error{"the catalog " + inQuotes(file.string()) + " " + reason};
}

}  // namespace skiff
