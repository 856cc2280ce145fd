#include "server/admin/api_gate.h"

#include <algorithm>

namespace skiff {
namespace {

constexpr std::size_t kMostAddresses = 1'024;
constexpr std::chrono::minutes kRemembered{1};

std::size_t heldBy(const std::map<std::string, std::size_t>& counts, const std::string& owner) {
  const auto held = counts.find(owner);
  return held == counts.end() ? 0 : held->second;
}

}  // namespace

ApiGate::ApiGate(Api& api, ApiGateLimits limits)
    : api_(api),
      limits_(limits),
      look_({.threads = 1, .waiting = 512, .runningPerKey = 1, .waitingPerKey = 1}),
      quick_({.threads = 4, .waiting = 256, .runningPerKey = 2, .waitingPerKey = 32}),
      slow_({.threads = 4, .waiting = 64, .runningPerKey = 1, .waitingPerKey = 8}) {}

bool ApiGate::submit(const ApiCall& call, std::function<void()> job) {
  return (call.isSlow() ? slow_ : quick_).submit(call.owner(), std::move(job));
}

void ApiGate::stop() {
  look_.stop();
  quick_.stop();
  slow_.stop();
}

bool ApiGate::fits(const Counts& counts, std::size_t total, const std::string& owner,
                   std::size_t more, Bound bound) {
  if (total + more > bound.most) return false;
  if (owner.empty()) return true;
  const std::size_t ofTenants = total - heldBy(counts, {});
  return heldBy(counts, owner) + more <= bound.perOwner &&
         ofTenants + more + bound.kept <= bound.most;
}

ApiGate::Share ApiGate::take(Counts& counts, std::size_t& total, const std::string& owner,
                             Bound bound) {
  if (!fits(counts, total, owner, 1, bound)) return {};
  ++total;
  ++counts[owner];
  return Share([&counts, &total, owner] {
    --total;
    const auto count = counts.find(owner);
    if (--count->second == 0) counts.erase(count);
  });
}

ApiGate::Share ApiGate::takeStream(const std::string& owner) {
  return take(streamsOf_, streams_, owner,
              {limits_.streams, limits_.streamsPerOwner, limits_.streamsKept});
}

ApiGate::Share ApiGate::takeConnection(const std::string& owner) {
  return take(connectionsOf_, connections_, owner,
              {limits_.connections, limits_.connectionsPerOwner, limits_.connectionsKept});
}

bool ApiGate::takeBody(const std::string& owner, std::size_t bytes) {
  const std::lock_guard lock(bodyMutex_);
  const Bound bound{limits_.bodyBytes, limits_.bodyBytesPerOwner, limits_.bodyBytesKept};
  if (!fits(bodyBytesOf_, bodyBytes_, owner, bytes, bound)) return false;
  bodyBytes_ += bytes;
  if (bytes != 0) bodyBytesOf_[owner] += bytes;
  return true;
}

void ApiGate::giveBody(const std::string& owner, std::size_t bytes) {
  if (bytes == 0) return;
  const std::lock_guard lock(bodyMutex_);
  bodyBytes_ -= bytes;
  const auto held = bodyBytesOf_.find(owner);
  held->second -= bytes;
  if (held->second == 0) bodyBytesOf_.erase(held);
}

std::optional<std::chrono::milliseconds> ApiGate::beginFailure(const std::string& address) {
  const auto now = std::chrono::steady_clock::now();
  forgetFailures(now);
  Failures& failures = failures_[address];
  if (failures.pending >= limits_.pendingFailures) return std::nullopt;
  ++failures.pending;
  const unsigned doublings = std::min(failures.recent, 10U);
  ++failures.recent;
  failures.last = now;
  return std::min(limits_.firstDelay * (1U << doublings), limits_.longestDelay);
}

void ApiGate::endFailure(const std::string& address) {
  const auto found = failures_.find(address);
  if (found != failures_.end() && found->second.pending != 0) --found->second.pending;
}

void ApiGate::forgetFailures(std::chrono::steady_clock::time_point now) {
  std::erase_if(failures_, [&](const auto& entry) {
    return entry.second.pending == 0 && now - entry.second.last > kRemembered;
  });
  // All that are left would be of the last minute; more of them than this are one attacker's.
  if (failures_.size() >= kMostAddresses) {
    std::erase_if(failures_, [](const auto& entry) { return entry.second.pending == 0; });
  }
}

}  // namespace skiff
