#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "server/api/job_pool.h"
#include "server/api/operations.h"

namespace skiff {

/// Follows the tags that apps watch: looks at each once in its interval, and has what is new
/// deployed. What fails is tried again after twice as long each time, an hour at most. Slow
/// registries of one tenant do not hold up the others' tags.
class Watcher {
 public:
  /// `second`: how long one second of an interval takes; another one is for tests. REQUIRES:
  /// `operations` outlives it.
  explicit Watcher(Operations& operations,
                   std::chrono::milliseconds second = std::chrono::seconds(1));
  ~Watcher();  ///< stop()
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;

  /// Returns when no look is under way.
  void stop();

 private:
  using Time = std::chrono::steady_clock::time_point;
  struct Entry {
    WatchSettings watch;
    std::string known;  ///< the digest that the tag had last
    Time next;
    unsigned failures = 0;
    bool running = false;
  };

  void run();
  void takeChanges(Time now);
  void startDue(Time now);
  void look(const WatchList::Key& key, const WatchSettings& watch, const std::string& known);
  Time after(const Entry& entry, Time now) const;

  Operations& operations_;
  const std::chrono::milliseconds second_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::map<WatchList::Key, Entry> entries_;
  bool changed_ = true;
  bool stopping_ = false;
  JobPool looks_;
  std::thread thread_;
};

}  // namespace skiff
