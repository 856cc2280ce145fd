#include "quota/overrun_schedule.h"

#include <algorithm>
#include <limits>

namespace skiff {
namespace {

/// A tenant that had no guest that may run for so long begins anew; a shorter pause, as between two
/// requests of a busy client, loses it little of what it was behind.
constexpr std::chrono::milliseconds kForgotten{100};
/// How far behind the present, in slices of its own, a tenant may come back.
constexpr double kLongestLag = 4;
/// How far ahead of it a tenant can get. More than a contest brings about by itself.
constexpr double kLongestLead = 4;

}  // namespace

void OverrunSchedule::advance(const std::vector<OverrunGuest>& guests, Clock::time_point now) {
  for (const OverrunGuest& guest : guests) {
    tenants_[guest.tenant].time += static_cast<VirtualTime>(guest.cpu.count()) / guest.weight;
  }
  auto lowest = std::numeric_limits<VirtualTime>::max();
  for (const OverrunGuest& guest : guests) {
    const Tenant& tenant = tenants_[guest.tenant];
    if (!guest.throttled && tenant.lastSeen == decided_) lowest = std::min(lowest, tenant.time);
  }
  if (lowest != std::numeric_limits<VirtualTime>::max()) present_ = std::max(present_, lowest);
  for (const OverrunGuest& guest : guests) {
    if (guest.throttled) continue;
    Tenant& tenant = tenants_[guest.tenant];
    const VirtualTime slice = static_cast<VirtualTime>(slice_.count()) / guest.weight;
    const VirtualTime lag = now - tenant.lastSeen < kForgotten ? kLongestLag * slice : 0;
    tenant.time = std::clamp(tenant.time, present_ - lag, present_ + kLongestLead * slice);
    tenant.lastSeen = now;
  }
  decided_ = now;
  std::erase_if(tenants_, [&](const auto& entry) {
    return entry.second.lastSeen != now && now - entry.second.lastSeen > 10 * kForgotten;
  });
}

void OverrunSchedule::decide(std::vector<OverrunGuest>& guests, Clock::time_point now) {
  advance(guests, now);
  // Of tenants that have no guest here now, too: what waited last is gone.
  for (auto& [name, tenant] : tenants_) {
    tenant.ahead = 0;
    tenant.waiting.clear();
  }
  std::size_t candidates = 0;
  for (OverrunGuest& guest : guests) {
    if (guest.throttled) {
      guest.runs = false;
      continue;
    }
    ++candidates;
    tenants_[guest.tenant].waiting.push_back(&guest);
  }
  if (candidates <= processors_) {
    for (OverrunGuest& guest : guests) guest.runs = !guest.throttled;
    return;
  }
  // One after the other, so that each choice counts for its tenant's next one.
  std::vector<OverrunGuest*> chosen;
  while (chosen.size() < processors_) chosen.push_back(choose());
  for (OverrunGuest& guest : guests) guest.runs = false;
  for (OverrunGuest* guest : chosen) guest->runs = true;
}

/// The guest that has used least, of the tenant that is furthest behind. REQUIRES: there is one.
OverrunGuest* OverrunSchedule::choose() {
  const auto slice = static_cast<VirtualTime>(slice_.count());
  Tenant* first = nullptr;
  VirtualTime lowest = 0;
  for (auto& [name, tenant] : tenants_) {
    if (tenant.waiting.empty()) continue;
    const bool runs = std::any_of(tenant.waiting.begin(), tenant.waiting.end(),
                                  [](const OverrunGuest* guest) { return guest->runs; });
    const VirtualTime time =
        tenant.time + tenant.ahead - (runs ? slice / tenant.waiting.front()->weight : 0);
    if (first && time >= lowest) continue;
    first = &tenant;
    lowest = time;
  }
  const auto used = [this](const OverrunGuest* guest) {
    return guest->total - (guest->runs ? slice_ : std::chrono::nanoseconds::zero());
  };
  const auto least = std::min_element(
      first->waiting.begin(), first->waiting.end(),
      [&](const OverrunGuest* a, const OverrunGuest* b) { return used(a) < used(b); });
  OverrunGuest* const guest = *least;
  first->waiting.erase(least);
  first->ahead += slice / guest->weight;
  return guest;
}

}  // namespace skiff
