#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "tests/e2e/process.h"

namespace skiff::e2e {

/// A request, and what its response must be.
struct ExpectedExchange {
  std::string name;     ///< for what is reported
  std::string request;  ///< as sent
  int status = 200;
  std::string body;     ///< byte for byte, but for
  std::string varying;  ///< what follows this text on its line; empty: nothing varies
  std::vector<std::string> others = {};  ///< bodies that are as good
};

struct LoadPlan {
  std::uint16_t port = 0;
  std::size_t connections = 64;
  /// One connection after the other, each kept for all its requests: until this time is over ...
  std::optional<std::chrono::milliseconds> duration;
  /// ... or for so many requests of each, or until the flag is set.
  std::size_t requestsPerConnection = SIZE_MAX;
  const std::atomic<bool>* stop = nullptr;
  /// What to ask next. Called on one thread.
  std::function<ExpectedExchange(std::mt19937&)> next;
  /// Called about once every `every`, between requests, on the thread that runs the load.
  std::function<void(std::chrono::milliseconds elapsed)> observe;
  std::chrono::milliseconds every{500};
};

struct LoadResult {
  std::size_t requests = 0;
  std::size_t failures = 0;
  std::vector<std::string> firstFailures;  ///< the first few, in words
  std::chrono::milliseconds slowest{0};
};

/// Runs the load on the calling thread. Requests and responses of one connection stream at once, so
/// bodies may be of any size.
LoadResult runLoad(const LoadPlan& plan);

/// What came back of a body sent to an app that echoes it.
struct EchoResult {
  std::uint64_t received = 0;  ///< bytes that were as sent
  std::string error;           ///< what went wrong; empty if every byte came back
};

/// Streams `bytes` pseudo-random bytes, chunked, and compares what comes back meanwhile.
EchoResult streamEcho(std::uint16_t port, const std::string& host, std::uint64_t bytes,
                      const std::function<void(std::uint64_t received)>& progress = {});

}  // namespace skiff::e2e
