#pragma once

#include <string>

#include "isolate/guest_run.h"

namespace skiff::testing {

/// A run whose guest is performed at once, on this thread.
class TestRun : public GuestRun {
 public:
  /// `instance` was acquired from `pool`.
  TestRun(ShardEngine& shard, InstancePool& pool, Instance& instance, Exchange& exchange,
          const Limits& limits)
      : GuestRun(shard, pool, exchange, limits), pool_(pool), first_(instance) {}

  /// Up to where it waits or ends; needsInstance if it needed one more and there was none.
  State start() { return goOn(begin(first_, {})); }
  State resume() { return goOn(GuestRun::resume()); }

 private:
  State goOn(State state) {
    while (state == State::ready || state == State::needsInstance) {
      if (state == State::ready) {
        perform();
        state = settle();
        continue;
      }
      ColdStart cold;
      Reason refusal = Reason::none;
      std::string error;
      Instance* const instance = pool_.acquire(cold, refusal, error);
      if (!instance) break;
      state = begin(*instance, cold.initCpu);
    }
    return state;
  }

  InstancePool& pool_;
  Instance& first_;
};

}  // namespace skiff::testing
