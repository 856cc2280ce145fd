#pragma once

#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <type_traits>
#include <utility>
#include <vector>

#include "deploy/catalog/catalog.h"
#include "deploy/catalog/process_lock.h"
#include "deploy/catalog/sqlite.h"

namespace skiff {

/// The connections to the catalog's file: one that writes, and as many that read as there are
/// readers at once, so that nobody who reads waits for a disk that is being synced; where no other
/// can be opened, readers wait for each other. What SQLite throws becomes a CatalogError here. Any
/// thread.
class Connections {
 public:
  /// `writer`: of `file`, with the newest schema.
  Connections(std::filesystem::path file, ProcessLock lock,
              std::unique_ptr<sqlite::Database> writer);

  int lock() const { return lock_.descriptor(); }

  /// `work(sqlite::Database&)` gives a CatalogResult. All that it reads is of one moment.
  template <class Work>
  std::invoke_result_t<Work&, sqlite::Database&> read(Work work) const {
    try {
      const Reader reader(*this);
      const sqlite::Transaction transaction(reader.database(), sqlite::Database::Use::reading);
      return work(reader.database());
    } catch (const sqlite::Failure& failure) {
      return errorOf("read", failure);
    }
  }

  /// The same for what changes something. Durable when a value comes back; with an error, nothing
  /// was changed.
  template <class Work>
  std::invoke_result_t<Work&, sqlite::Database&> write(Work work) {
    const std::lock_guard lock(writing_);
    try {
      sqlite::Transaction transaction(*writer_, sqlite::Database::Use::writing);
      auto result = work(*writer_);
      if (result.has_value()) transaction.commit();
      return result;
    } catch (const sqlite::Failure& failure) {
      return errorOf("changed", failure);
    }
  }

 private:
  /// A connection that is nobody else's meanwhile.
  class Reader {
   public:
    explicit Reader(const Connections& connections);
    ~Reader();
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;
    sqlite::Database& database() const { return *database_; }

   private:
    bool takeIdle();

    const Connections& connections_;
    std::unique_ptr<sqlite::Database> database_;
  };

  CatalogError errorOf(std::string_view what, const sqlite::Failure& failure) const;

  const std::filesystem::path file_;
  const ProcessLock lock_;
  std::mutex writing_;
  const std::unique_ptr<sqlite::Database> writer_;
  mutable std::mutex reading_;
  mutable std::condition_variable returned_;
  mutable std::vector<std::unique_ptr<sqlite::Database>> idle_;  ///< guarded by reading_
};

}  // namespace skiff
