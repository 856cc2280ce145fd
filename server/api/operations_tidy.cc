#include <spdlog/spdlog.h>

#include <exception>

#include "server/api/operations.h"

namespace skiff {
namespace {

constexpr std::chrono::seconds kTidyEvery{10};

}  // namespace

void Operations::tidySoon() {
  {
    const std::lock_guard lock(leftMutex_);
    tidyDue_ = true;
  }
  tidyWanted_.notify_one();
}

void Operations::tidyWhenDue(const std::stop_token& stop) {
  std::unique_lock lock(leftMutex_);
  while (tidyWanted_.wait(lock, stop, [this] { return tidyDue_; })) {
    if (tidied_.time_since_epoch().count() != 0) {
      tidyWanted_.wait_until(lock, stop, tidied_ + kTidyEvery, [] { return false; });
      if (stop.stop_requested()) return;
    }
    tidyDue_ = false;
    lock.unlock();
    try {
      if (const auto pass = changes_.enter()) tidy();
    } catch (const std::exception& error) {
      spdlog::error("tidying up failed: {}", error.what());
    }
    lock.lock();
  }
}

void Operations::tidy() {
  const std::lock_guard tidying(tidyMutex_);
  std::set<std::pair<std::string, std::string>> apps;
  {
    const std::lock_guard lock(leftMutex_);
    tidied_ = std::chrono::steady_clock::now();
    apps.swap(toPrune_);
  }
  for (const auto& [tenant, app] : apps) {
    // notFound: it is gone already.
    static_cast<void>(parts_.catalog.pruneVersions("skiffd", tenant, app, parts_.versionsKept));
  }
  const auto needed = [this]() -> BlobResult<std::vector<std::string>> {
    auto content = parts_.catalog.content();
    if (content.has_error()) {
      return BlobError{BlobError::Kind::storage, content.error().message};
    }
    std::vector<std::string> names = std::move(content->blobs);
    names.insert(names.end(), content->trees.begin(), content->trees.end());
    return names;
  };
  const auto collected = parts_.blobs.collect(needed);
  if (collected.has_error()) {
    spdlog::error("blobs: {}", collected.error().message);
  } else if (collected->blobs + collected->trees != 0) {
    spdlog::info("removed {} blobs and {} trees that nothing needs, {} bytes", collected->blobs,
                 collected->trees, collected->bytes);
  }
}

}  // namespace skiff
