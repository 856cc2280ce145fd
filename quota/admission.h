#pragma once

#include <chrono>

#include "quota/quotas.h"
#include "quota/reason.h"

namespace skiff {

/// Whether a request may go on; if not, why, and when it is worth trying again.
struct Admission {
  Reason reason = Reason::none;
  std::chrono::nanoseconds wait{};  ///< zero if that cannot be told
  bool byTenant = false;            ///< nor may anything else of its tenant

  explicit operator bool() const { return reason == Reason::none; }
  /// For Retry-After: whole seconds, at least one.
  unsigned retryAfter() const;
};

// A request's way in, first its tenant's limits and then its app's. What one of them took is given
// back if the other refuses. Any thread.

/// A request arrives: takes a token of the rate, or refuses with rateLimit.
Admission arrive(AppQuota& app, std::chrono::steady_clock::time_point now);

/// It begins: takes a place of the concurrency, to be given back by finish(). Refuses with
/// concurrencyLimit, or with cpuQuota while there is no CPU time left; who may wait tries again.
Admission begin(AppQuota& app, std::chrono::steady_clock::time_point now);

/// REQUIRES: begin() let it.
void finish(AppQuota& app);

/// Whether arrive() and begin() would let a request in now. Takes nothing.
bool mayBegin(const AppQuota& app, std::chrono::steady_clock::time_point now);

}  // namespace skiff
