#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "server/api/api.h"
#include "server/api/job_pool.h"

namespace skiff {

/// Bounds of what goes on for the API, all connections together.
struct ApiGateLimits {
  std::size_t bodyBytes = std::size_t{256} << 20;  ///< of bodies that are held, or announced
  std::size_t bodyBytesPerOwner = std::size_t{64} << 20;
  std::size_t bodyBytesKept = std::size_t{64} << 20;  ///< of bodyBytes, for operators alone
  std::size_t streams = 64;
  std::size_t streamsPerOwner = 16;
  std::size_t streamsKept = 16;   ///< of streams, for operators alone
  std::size_t connections = 256;  ///< that have shown a token
  std::size_t connectionsPerOwner = 64;
  std::size_t connectionsKept = 64;          ///< of connections, for operators alone
  std::size_t pendingFailures = 8;           ///< refusals that are held back, of one address
  std::chrono::milliseconds firstDelay{50};  ///< of a refusal; doubles with each
  std::chrono::milliseconds longestDelay{1'000};
};

/// What the connections to the admin listener share where the API is concerned: the threads that
/// do its work, and how much of everything there may be. An "owner" is a tenant; operators are one,
/// without a bound of its own. On the listener's thread but for what says otherwise.
class ApiGate {
 public:
  /// REQUIRES: `api` outlives it.
  ApiGate(Api& api, ApiGateLimits limits);

  Api& api() { return api_; }

  // Threads, one group for each kind of work, so that none waits for a slower one.
  bool submitLook(std::function<void()> job) { return look_.submit({}, std::move(job)); }
  bool submit(const ApiCall& call, std::function<void()> job);
  /// Drops what waits and waits for what runs.
  void stop();

  /// Takes its part of a shared bound until it goes.
  class Share {
   public:
    Share() = default;
    explicit Share(std::function<void()> giveBack) : giveBack_(std::move(giveBack)) {}
    Share(Share&& other) noexcept : giveBack_(std::exchange(other.giveBack_, nullptr)) {}
    Share& operator=(Share&& other) noexcept {
      if (giveBack_) giveBack_();
      giveBack_ = std::exchange(other.giveBack_, nullptr);
      return *this;
    }
    ~Share() {
      if (giveBack_) giveBack_();
    }
    explicit operator bool() const { return giveBack_ != nullptr; }

   private:
    std::function<void()> giveBack_;
  };
  Share takeStream(const std::string& owner);
  Share takeConnection(const std::string& owner);
  /// False if the bodies that are held would be too much, all together or the owner's.
  bool takeBody(const std::string& owner, std::size_t bytes);
  /// Gives back what takeBody() took. Any thread.
  void giveBody(const std::string& owner, std::size_t bytes);

  /// A token that does not hold, from this address: how long to hold the refusal back. Nothing if
  /// too many are held back: then it is to try later.
  std::optional<std::chrono::milliseconds> beginFailure(const std::string& address);
  void endFailure(const std::string& address);

 private:
  struct Failures {
    std::size_t pending = 0;
    unsigned recent = 0;
    std::chrono::steady_clock::time_point last;
  };
  using Counts = std::map<std::string, std::size_t>;

  struct Bound {
    std::size_t most;
    std::size_t perOwner;
    std::size_t kept;  ///< of `most`, for operators
  };
  /// Whether the owner (empty: operators) may have so many more.
  static bool fits(const Counts& counts, std::size_t total, const std::string& owner,
                   std::size_t more, Bound bound);
  static Share take(Counts& counts, std::size_t& total, const std::string& owner, Bound bound);
  void forgetFailures(std::chrono::steady_clock::time_point now);

  Api& api_;
  const ApiGateLimits limits_;
  std::size_t streams_ = 0;
  std::size_t connections_ = 0;
  Counts streamsOf_;
  Counts connectionsOf_;
  std::mutex bodyMutex_;  ///< guards the next two
  std::size_t bodyBytes_ = 0;
  Counts bodyBytesOf_;
  std::map<std::string, Failures> failures_;
  JobPool look_;
  JobPool quick_;
  JobPool slow_;
};

}  // namespace skiff
