#include "deploy/catalog/sqlite.h"

#include <sqlite3.h>

#include <cerrno>
#include <chrono>
#include <system_error>
#include <utility>

namespace skiff::sqlite {
namespace {

/// Only another program that has the file open (sqlite3, a backup) can make anyone wait.
constexpr std::chrono::milliseconds kBusyTimeout{5'000};
/// Bytes of the write-ahead log that are kept once they are in the database.
constexpr std::string_view kKeptLog = "16777216";

/// The errno behind a failure of the disk; 0: it is another.
int systemErrorOf(sqlite3* database, int code) {
  switch (code) {
    case SQLITE_FULL:
      return ENOSPC;
    case SQLITE_IOERR: {
      const int number = sqlite3_system_errno(database);
      return number != 0 ? number : EIO;  // it forgets what a COMMIT failed of
    }
    case SQLITE_CANTOPEN:
      return sqlite3_system_errno(database);
    default:
      return 0;
  }
}

[[noreturn]] void fail(sqlite3* database) {
  const int extended = sqlite3_extended_errcode(database);
  std::string message = sqlite3_errmsg(database);
  const int code = extended & 0xFF;
  const int number = systemErrorOf(database, code);
  if (number != 0) message += " (" + std::generic_category().message(number) + ")";
  throw Failure(code, message, number);
}

void check(sqlite3* database, int result) {
  if (result != SQLITE_OK) fail(database);
}

/// SQLite takes a null pointer for NULL.
const char* dataOf(std::string_view bytes) {
  return bytes.data() == nullptr ? "" : bytes.data();
}

}  // namespace

bool Failure::isDamage() const {
  return code_ == SQLITE_CORRUPT || code_ == SQLITE_NOTADB;
}

bool Failure::isTooLarge() const {
  return code_ == SQLITE_TOOBIG;
}

Statement::Statement(Statement&& other) noexcept
    : database_(other.database_),
      handle_(std::exchange(other.handle_, nullptr)),
      home_(other.home_) {}

Statement::~Statement() {
  if (handle_ == nullptr) return;
  sqlite3_reset(handle_);  // repeats the error of the last step, which was reported then
  sqlite3_clear_bindings(handle_);
  if (home_.size() == home_.capacity()) {
    sqlite3_finalize(handle_);
  } else {
    home_.push_back(handle_);
  }
}

bool Statement::step() {
  switch (sqlite3_step(handle_)) {
    case SQLITE_ROW:
      return true;
    case SQLITE_DONE:
      return false;
    default:
      fail(&database_);
  }
}

std::string Statement::text(int column) const {
  return blob(column);
}

std::string Statement::blob(int column) const {
  const void* bytes = sqlite3_column_blob(handle_, column);
  const int size = sqlite3_column_bytes(handle_, column);
  if (bytes == nullptr) {
    if (sqlite3_errcode(&database_) == SQLITE_NOMEM) throw std::bad_alloc();
    return {};
  }
  return {static_cast<const char*>(bytes), static_cast<std::size_t>(size)};
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(handle_, column);
}

void Statement::bind(int parameter, std::string_view text) {
  check(&database_, sqlite3_bind_text64(handle_, parameter, dataOf(text), text.size(),
                                        SQLITE_TRANSIENT, SQLITE_UTF8));
}

void Statement::bind(int parameter, Blob blob) {
  check(&database_, sqlite3_bind_blob64(handle_, parameter, dataOf(blob.bytes), blob.bytes.size(),
                                        SQLITE_TRANSIENT));
}

void Statement::bind(int parameter, std::int64_t integer) {
  check(&database_, sqlite3_bind_int64(handle_, parameter, integer));
}

void Database::Closer::operator()(sqlite3* handle) const {
  sqlite3_close_v2(handle);
}

Database::Database(const std::filesystem::path& file, Use use) {
  sqlite3* handle = nullptr;
  const int opened =
      sqlite3_open_v2(file.c_str(), &handle,
                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW, nullptr);
  handle_.reset(handle);  // also when it could not be opened: it has the error
  if (handle == nullptr) throw std::bad_alloc();
  check(handle, opened);
  check(handle, sqlite3_busy_timeout(handle, static_cast<int>(kBusyTimeout.count())));
  sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, kLargestRow);
  sqlite3_limit(handle, SQLITE_LIMIT_ATTACHED, 0);
  // A file that someone else wrote gets to run nothing through its schema.
  check(handle, sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr));
  script(
      "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY;"
      "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"
      "PRAGMA journal_size_limit = " +
      std::string(kKeptLog));
  if (use == Use::reading) script("PRAGMA query_only = ON");
}

Database::~Database() {
  for (const auto& [sql, idle] : statements_) {
    for (sqlite3_stmt* statement : idle) sqlite3_finalize(statement);
  }
}

Statement Database::prepare(std::string_view sql) {
  auto entry = statements_.find(sql);
  if (entry == statements_.end()) entry = statements_.try_emplace(std::string(sql)).first;
  Statement::Cache& idle = entry->second;
  if (!idle.empty()) {
    sqlite3_stmt* statement = idle.back();
    idle.pop_back();
    return Statement(*handle_, statement, idle);
  }
  idle.reserve(1);  // the same text is hardly ever in use twice
  sqlite3_stmt* statement = nullptr;
  check(handle_.get(), sqlite3_prepare_v3(handle_.get(), sql.data(), static_cast<int>(sql.size()),
                                          SQLITE_PREPARE_PERSISTENT, &statement, nullptr));
  return Statement(*handle_, statement, idle);
}

std::int64_t Database::finish(Statement statement) {
  while (statement.step()) {
  }
  return sqlite3_changes64(handle_.get());
}

void Database::script(const std::string& sql) {
  check(handle_.get(), sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr));
}

std::int64_t Database::onlyInteger(Statement statement) {
  if (!statement.step()) throw Failure(SQLITE_CORRUPT, "a row that must be there is not");
  const std::int64_t value = statement.integer(0);
  while (statement.step()) {  // to its end, or what it changes might not be done
  }
  return value;
}

bool Database::isInTransaction() const {
  return sqlite3_get_autocommit(handle_.get()) == 0;
}

Transaction::Transaction(Database& database, Database::Use use) : database_(database) {
  // Left by one whose rollback failed.
  if (database_.isInTransaction()) database_.run("ROLLBACK");
  database_.run(use == Database::Use::writing ? "BEGIN IMMEDIATE" : "BEGIN");
}

Transaction::~Transaction() {
  if (!database_.isInTransaction()) return;  // committed, or SQLite rolled back by itself
  try {
    database_.run("ROLLBACK");
  } catch (const std::exception&) {
    // The next transaction tries again, and fails if it cannot.
  }
}

void Transaction::commit() {
  database_.run("COMMIT");
}

}  // namespace skiff::sqlite
