#include "quota/admission.h"

#include <algorithm>

namespace skiff {
namespace {

using Time = std::chrono::steady_clock::time_point;

std::chrono::nanoseconds rateWait(const Quota& quota, Time now) {
  if (quota.limits.rate() == 0) return {};
  return quota.requests.wait(1, {quota.limits.rate(), quota.limits.rateBurst()}, now);
}

bool takeRequest(Quota& quota, Time now) {
  const std::uint32_t rate = quota.limits.rate();
  return rate == 0 || quota.requests.tryTake(1, {rate, quota.limits.rateBurst()}, now);
}

void giveRequestBack(Quota& quota) {
  if (const std::uint32_t rate = quota.limits.rate()) {
    quota.requests.giveBack(1, {rate, quota.limits.rateBurst()});
  }
}

}  // namespace

unsigned Admission::retryAfter() const {
  constexpr std::chrono::seconds kLongest = std::chrono::hours(24);
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(wait);
  return static_cast<unsigned>(std::clamp(seconds, std::chrono::seconds(1), kLongest).count());
}

Admission arrive(AppQuota& app, Time now) {
  TenantQuota& tenant = *app.tenant;
  const bool byTenant = takeRequest(tenant, now);
  if (byTenant && takeRequest(app, now)) return {};
  if (byTenant) giveRequestBack(tenant);
  return {Reason::rateLimit, std::max(rateWait(tenant, now), rateWait(app, now))};
}

Admission begin(AppQuota& app, Time now) {
  TenantQuota& tenant = *app.tenant;
  if (const auto wait = app.cpuWait(now); wait.count() > 0) {
    return {Reason::cpuQuota, wait, tenant.cpu.wait(tenant.limits, now).count() > 0};
  }
  if (!tenant.inFlight.tryEnter(tenant.limits.concurrency())) {
    return {Reason::concurrencyLimit, {}, true};
  }
  if (!app.inFlight.tryEnter(app.limits.concurrency())) {
    tenant.inFlight.leave();
    return {Reason::concurrencyLimit, {}};
  }
  return {};
}

void finish(AppQuota& app) {
  app.inFlight.leave();
  app.tenant->inFlight.leave();
}

bool mayBegin(const AppQuota& app, Time now) {
  const auto isOpen = [now](const Quota& quota) {
    return rateWait(quota, now).count() == 0 &&
           quota.inFlight.inside() < quota.limits.concurrency();
  };
  return isOpen(*app.tenant) && isOpen(app) && app.cpuWait(now).count() == 0;
}

}  // namespace skiff
