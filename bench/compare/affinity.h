#pragma once

#include <sched.h>

namespace skiff::bench {

/// Processors that follow one another.
struct Processors {
  int first = 0;
  int count = 1;
};

/// Keeps the calling thread, and the processes that it starts meanwhile, on these processors; gives
/// the thread back what it had when it ends. Throws if the machine lacks one of them.
class OnProcessor {
 public:
  explicit OnProcessor(Processors processors);
  ~OnProcessor();
  OnProcessor(const OnProcessor&) = delete;
  OnProcessor& operator=(const OnProcessor&) = delete;

 private:
  cpu_set_t before_;
};

/// Where what is measured runs unless told otherwise, and where what measures does: nothing else is
/// on the server's.
constexpr Processors kServerProcessor{0};
constexpr Processors kLoadProcessor{1};

}  // namespace skiff::bench
