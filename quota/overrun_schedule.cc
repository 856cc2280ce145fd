#include "quota/overrun_schedule.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace skiff {
namespace {

/// A tenant or app that had no guest that may run for so long begins anew; a shorter pause, as
/// between two requests of a busy client, loses it little of what it was behind.
constexpr std::chrono::milliseconds kForgotten{100};
/// How far behind the present, in slices of its own, one may come back.
constexpr double kLongestLag = 4;
/// How far ahead of it one can get. More than a contest brings about by itself.
constexpr double kLongestLead = 4;

}  // namespace

void OverrunSchedule::advance(const std::vector<OverrunGuest>& guests, Clock::time_point now) {
  const auto note = [](Share& share, std::uint32_t weight, const OverrunGuest& guest) {
    share.isHere = share.isHere || !guest.throttled;
    share.weight = weight;
    share.time += static_cast<VirtualTime>(guest.cpu.count()) / weight;
  };
  for (const OverrunGuest& guest : guests) {
    Tenant& tenant = tenants_[guest.tenant];
    note(tenant, guest.weights.tenant, guest);
    note(tenant.apps[guest.app], guest.weights.app, guest);
  }
  for (auto& [name, tenant] : tenants_) bringUp(tenant.apps, tenant.present, now);
  bringUp(tenants_, present_, now);
  decided_ = now;
}

/// Moves the present on, and everybody near it; those that were away for long are forgotten.
template <class Shares>
void OverrunSchedule::bringUp(Shares& shares, VirtualTime& present, Clock::time_point now) {
  auto lowest = std::numeric_limits<VirtualTime>::max();
  for (const auto& [name, share] : shares) {
    if (share.isHere && share.lastSeen == decided_) lowest = std::min(lowest, share.time);
  }
  if (lowest != std::numeric_limits<VirtualTime>::max()) present = std::max(present, lowest);
  for (auto& [name, share] : shares) {
    if (!std::exchange(share.isHere, false)) continue;
    const VirtualTime slice = static_cast<VirtualTime>(slice_.count()) / share.weight;
    const VirtualTime lag = now - share.lastSeen < kForgotten ? kLongestLag * slice : 0;
    share.time = std::clamp(share.time, present - lag, present + kLongestLead * slice);
    share.lastSeen = now;
  }
  std::erase_if(shares,
                [&](const auto& entry) { return now - entry.second.lastSeen > 10 * kForgotten; });
}

void OverrunSchedule::decide(std::vector<OverrunGuest>& guests, Clock::time_point now) {
  advance(guests, now);
  // Of those that have no guest here now, too: what waited last is gone.
  const auto clear = [](Share& share) {
    share.ahead = 0;
    share.waiting = share.running = 0;
  };
  for (auto& [name, tenant] : tenants_) {
    clear(tenant);
    for (auto& [appName, app] : tenant.apps) {
      clear(app);
      app.guests.clear();
    }
  }
  std::size_t candidates = 0;
  for (OverrunGuest& guest : guests) {
    if (guest.throttled) {
      guest.runs = false;
      continue;
    }
    ++candidates;
    Tenant& tenant = tenants_[guest.tenant];
    App& app = tenant.apps[guest.app];
    app.guests.push_back(&guest);
    for (Share* const share : {static_cast<Share*>(&tenant), static_cast<Share*>(&app)}) {
      ++share->waiting;
      share->running += guest.runs ? 1 : 0;
    }
  }
  if (candidates <= processors_) {
    for (OverrunGuest& guest : guests) guest.runs = !guest.throttled;
    return;
  }
  // One after the other, so that each choice counts for its tenant's and app's next one.
  std::vector<OverrunGuest*> chosen;
  while (chosen.size() < processors_) chosen.push_back(choose());
  for (OverrunGuest& guest : guests) guest.runs = false;
  for (OverrunGuest* guest : chosen) guest->runs = true;
}

/// The guest that has used least, of the app that is furthest behind, of the tenant that is.
/// REQUIRES: there is one.
OverrunGuest* OverrunSchedule::choose() {
  Tenant& tenant = furthestBehind(tenants_);
  App& app = furthestBehind(tenant.apps);
  const auto used = [this](const OverrunGuest* guest) {
    return guest->total - (guest->runs ? slice_ : std::chrono::nanoseconds::zero());
  };
  const auto least = std::min_element(
      app.guests.begin(), app.guests.end(),
      [&](const OverrunGuest* a, const OverrunGuest* b) { return used(a) < used(b); });
  OverrunGuest* const guest = *least;
  app.guests.erase(least);
  noteChosen(tenant, *guest);
  noteChosen(app, *guest);
  return guest;
}

/// REQUIRES: a guest of one of them waits.
template <class Shares>
typename Shares::mapped_type& OverrunSchedule::furthestBehind(Shares& shares) {
  const auto slice = static_cast<VirtualTime>(slice_.count());
  typename Shares::mapped_type* first = nullptr;
  VirtualTime lowest = 0;
  for (auto& [name, share] : shares) {
    if (share.waiting == 0) continue;
    const VirtualTime time =
        share.time + share.ahead - (share.running != 0 ? slice / share.weight : 0);
    if (first && time >= lowest) continue;
    first = &share;
    lowest = time;
  }
  return *first;
}

void OverrunSchedule::noteChosen(Share& share, const OverrunGuest& guest) {
  --share.waiting;
  if (guest.runs) --share.running;
  share.ahead += static_cast<VirtualTime>(slice_.count()) / share.weight;
}

}  // namespace skiff
