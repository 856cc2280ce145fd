#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

struct sqlite3;
struct sqlite3_stmt;

/// SQLite with its handles owned and each call checked. No callbacks are given to SQLite, so that
/// no exception can meet C.
namespace skiff::sqlite {

/// Thrown by everything here: what SQLite said, and the system if it had a part in it. The catalog
/// catches it where its methods begin (connections.h), so that it never leaves this folder.
class Failure : public std::runtime_error {
 public:
  Failure(int code, const std::string& message, int system = 0)
      : std::runtime_error(message), code_(code), system_(system) {}
  int code() const { return code_; }      ///< SQLite's, without its extension
  int system() const { return system_; }  ///< errno, if it is the disk's doing, or 0
  bool isDamage() const;                  ///< the file is not what SQLite wrote
  bool isTooLarge() const;                ///< a row has more than kLargestRow bytes

 private:
  const int code_;
  const int system_;
};

inline constexpr int kLargestRow = 16 << 20;

/// Bytes that are no text.
struct Blob {
  std::string_view bytes;
};

class Database;

/// A prepared statement with what is bound to it; goes back to its database's cache when it goes.
/// Must not outlive the database.
class Statement {
 public:
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&&) = delete;
  ~Statement();

  /// To the next row; false: there is none, the statement is done.
  bool step();

  // Of the row that step() went to. Columns are counted from 0.
  std::string text(int column) const;
  std::string blob(int column) const;
  std::int64_t integer(int column) const;

 private:
  friend class Database;
  using Cache = std::vector<sqlite3_stmt*>;
  Statement(sqlite3& database, sqlite3_stmt* handle, Cache& home)
      : database_(database), handle_(handle), home_(home) {}
  void bind(int parameter, std::string_view text);
  void bind(int parameter, Blob blob);
  void bind(int parameter, std::int64_t integer);

  sqlite3& database_;
  sqlite3_stmt* handle_;  ///< null once moved from
  Cache& home_;
};

/// One connection. One thread at a time.
class Database {
 public:
  enum class Use : std::uint8_t { writing, reading };

  /// Opens a file that is there. What is committed is durable (WAL, synchronous=FULL).
  /// REQUIRES: an absolute path.
  Database(const std::filesystem::path& file, Use use);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  /// Prepares `sql` (one statement) unless that was done before, and binds ?1, ?2, … to copies of
  /// `arguments`: text, Blob or integers.
  template <class... Arguments>
  Statement query(std::string_view sql, const Arguments&... arguments) {
    Statement statement = prepare(sql);
    int parameter = 0;
    (statement.bind(++parameter, arguments), ...);
    return statement;
  }
  /// The same for what answers with no rows. How many rows it changed.
  template <class... Arguments>
  std::int64_t run(std::string_view sql, const Arguments&... arguments) {
    return finish(query(sql, arguments...));
  }
  /// Runs statements that are separated by semicolons.
  void script(const std::string& sql);
  /// The same for what answers with one row of one integer.
  template <class... Arguments>
  std::int64_t integer(std::string_view sql, const Arguments&... arguments) {
    return onlyInteger(query(sql, arguments...));
  }

  bool isInTransaction() const;

 private:
  struct TextHash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  struct Closer {
    void operator()(sqlite3* handle) const;
  };
  Statement prepare(std::string_view sql);
  std::int64_t finish(Statement statement);
  static std::int64_t onlyInteger(Statement statement);

  std::unique_ptr<sqlite3, Closer> handle_;
  /// Idle statements by their text; bounded, as the texts are all in this folder's sources.
  std::unordered_map<std::string, Statement::Cache, TextHash, std::equal_to<>> statements_;
};

/// Rolls back unless commit() came back.
class Transaction {
 public:
  /// For `writing`, waits for whoever writes.
  Transaction(Database& database, Database::Use use);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  void commit();

 private:
  Database& database_;
};

}  // namespace skiff::sqlite
