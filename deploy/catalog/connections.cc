#include "deploy/catalog/connections.h"

#include <chrono>
#include <string>

#include "config/printable.h"

namespace skiff {
namespace {

/// Readers that are kept for the next; each may keep 2 MB of pages.
constexpr std::size_t kMostIdle = 4;
/// How long one that cannot have a connection of its own waits for another's.
constexpr std::chrono::seconds kPatience{1};

}  // namespace

Connections::Connections(std::filesystem::path file, ProcessLock lock,
                         std::unique_ptr<sqlite::Database> writer)
    : file_(std::move(file)), lock_(std::move(lock)), writer_(std::move(writer)) {
  idle_.reserve(kMostIdle);
}

Connections::Reader::Reader(const Connections& connections) : connections_(connections) {
  std::unique_lock lock(connections_.reading_);
  if (takeIdle()) return;
  lock.unlock();
  try {
    database_ =
        std::make_unique<sqlite::Database>(connections_.file_, sqlite::Database::Use::reading);
  } catch (const sqlite::Failure&) {
    // There may be no descriptor left, for example.
    lock.lock();
    if (!connections_.returned_.wait_for(lock, kPatience, [this] { return takeIdle(); })) throw;
  }
}

bool Connections::Reader::takeIdle() {
  if (connections_.idle_.empty()) return false;
  database_ = std::move(connections_.idle_.back());
  connections_.idle_.pop_back();
  return true;
}

Connections::Reader::~Reader() {
  if (database_->isInTransaction()) return;  // it could not be ended
  const std::lock_guard lock(connections_.reading_);
  if (connections_.idle_.size() < kMostIdle) connections_.idle_.push_back(std::move(database_));
  connections_.returned_.notify_one();
}

CatalogError Connections::errorOf(std::string_view what, const sqlite::Failure& failure) const {
  if (failure.isTooLarge()) {
    return {CatalogError::Kind::full, "a record has more bytes than the catalog takes (16 MiB)"};
  }
  std::string message = "the catalog " + inQuotes(file_.string()) + " cannot be ";
  message.append(what).append(": ").append(failure.what());
  return {CatalogError::Kind::storage, std::move(message), failure.system()};
}

}  // namespace skiff
