#pragma once

#include <sched.h>

#include <optional>

namespace skiff::bench {

/// Keeps the calling thread, and the processes that it starts meanwhile, on one processor; gives
/// the thread back what it had when it ends. Throws if there is no such processor.
class OnProcessor {
 public:
  explicit OnProcessor(int processor);
  ~OnProcessor();
  OnProcessor(const OnProcessor&) = delete;
  OnProcessor& operator=(const OnProcessor&) = delete;

 private:
  cpu_set_t before_;
};

/// Where what is measured runs, and where what measures does: nothing else is on the server's.
constexpr int kServerProcessor = 0;
constexpr int kLoadProcessor = 1;

}  // namespace skiff::bench
