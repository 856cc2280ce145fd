#pragma once

#include <chrono>
#include <cstddef>
#include <memory>

#include "quota/token_bucket.h"

namespace skiff {

/// How much of one shard may be loaded for clients that have named a host in a TLS handshake, and
/// asked for nothing yet. They may never ask: so it is less than requests may have loaded, and what
/// nobody has asked for keeps its place until it goes. The shard's thread.
class PrewarmBounds {
 public:
  /// Modules that are loaded at a time.
  static constexpr std::size_t kMostLoading = 4;
  /// Apps that are loaded, or being loaded, and that nobody has asked for.
  static constexpr std::size_t kMostUnused = 64;
  static constexpr TokenRate kRate{.perSecond = 16, .burst = 16};
  /// For how long nothing is begun after memory was short.
  static constexpr std::chrono::seconds kPause{3};

  using Time = std::chrono::steady_clock::time_point;

  /// One app's, until a request comes for it or it goes. Not beyond the bounds' own life.
  class Place {
   public:
    explicit Place(PrewarmBounds& bounds);
    ~Place();
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    /// Its module is loaded, or could not be.
    void endLoading();

   private:
    PrewarmBounds& bounds_;
    bool loading_ = true;
  };

  PrewarmBounds() = default;
  PrewarmBounds(const PrewarmBounds&) = delete;
  PrewarmBounds& operator=(const PrewarmBounds&) = delete;

  /// A place for one whose loading begins; nullptr if there is none now.
  std::unique_ptr<Place> enter(Time now);
  /// Memory is short.
  void pause(Time now) { pausedUntil_ = now + kPause; }
  bool isPaused(Time now) const { return now < pausedUntil_; }

 private:
  std::size_t loading_ = 0;
  std::size_t unused_ = 0;
  TokenBucket begun_;
  Time pausedUntil_{};
};

}  // namespace skiff
