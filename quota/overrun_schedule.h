#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <vector>

#include "quota/fair_queue.h"

namespace skiff {

class GuestThread;
struct AppQuota;
struct TenantQuota;

/// A guest that runs away from the shards, as the schedule sees it.
struct OverrunGuest {
  GuestThread* thread = nullptr;  ///< where it runs
  std::uint64_t activation = 0;
  TenantQuota* tenant = nullptr;
  AppQuota* app = nullptr;
  FairWeights weights;
  std::chrono::nanoseconds cpu{};    ///< that it used since the last decision
  std::chrono::nanoseconds total{};  ///< that it used in this activation
  bool throttled = false;            ///< its tenant or app is out of CPU share
  bool runs = true;                  ///< decided last, and then anew
};

/// Which of the guests that overran may run, when there are more than processors: tenants share by
/// weight, then the apps of each, however many guests each has. Start-time fair queueing over CPU
/// time: each tenant has a virtual time that goes on by what its guests use, divided by its weight,
/// and those that are furthest behind run; so do the apps of each; among an app's guests, those
/// that have used least. Who runs is replaced only once it is a slice ahead, so that not every
/// decision changes everything.
///
/// What a tenant uses when nobody else wants it costs it next to nothing later, and a tenant that
/// was not there, or not allowed to run, has next to nothing saved up: nobody is ever ahead of, or
/// behind, the *present* by more than a few slices of its own. The present is where the one of
/// those is that are furthest behind and were there all along; it stays where it was while there
/// are none. The same holds for the apps of a tenant.
///
/// One thread.
class OverrunSchedule {
 public:
  using Clock = std::chrono::steady_clock;

  /// `processors`: how many guests run at a time.
  explicit OverrunSchedule(std::size_t processors,
                           std::chrono::nanoseconds slice = std::chrono::milliseconds(5))
      : processors_(processors), slice_(slice) {}

  /// Sets `runs` of each guest. REQUIRES: weights are at least 1.
  void decide(std::vector<OverrunGuest>& guests, Clock::time_point now);

 private:
  /// In CPU nanoseconds of one with weight 1.
  using VirtualTime = double;
  /// What a tenant has of the processors, or an app of what its tenant has.
  struct Share {
    VirtualTime time = 0;
    Clock::time_point lastSeen{};  ///< with a guest that may run
    std::uint32_t weight = 1;      ///< when it was here last
    // While deciding:
    bool isHere = false;      ///< it has a guest that may run
    VirtualTime ahead = 0;    ///< what its chosen guests may use in a slice
    std::size_t waiting = 0;  ///< its guests that may run, and are not chosen
    std::size_t running = 0;  ///< of these, those that ran so far
  };
  struct App : Share {
    std::vector<OverrunGuest*> guests;  ///< those that are waiting
  };
  struct Tenant : Share {
    std::map<const AppQuota*, App> apps;
    VirtualTime present = 0;  ///< of its apps
  };

  void advance(const std::vector<OverrunGuest>& guests, Clock::time_point now);
  OverrunGuest* choose();
  template <class Shares>
  void bringUp(Shares& shares, VirtualTime& present, Clock::time_point now);
  template <class Shares>
  typename Shares::mapped_type& furthestBehind(Shares& shares);
  void noteChosen(Share& share, const OverrunGuest& guest);

  std::size_t processors_;
  std::chrono::nanoseconds slice_;
  std::map<const TenantQuota*, Tenant> tenants_;
  VirtualTime present_ = 0;      ///< of the tenants
  Clock::time_point decided_{};  ///< the last time
};

}  // namespace skiff
