#include "server/shard.h"

#include <algorithm>
#include <boost/asio/post.hpp>

#include "server/request_task.h"

namespace skiff {
namespace {

namespace asio = boost::asio;

/// Requests that wait to be admitted.
constexpr std::size_t kMostWaiting = 10'000;
constexpr std::chrono::milliseconds kAdmissionPoll{2};

}  // namespace

// Who may begin.

void Shard::awaitAdmission(RequestTask& task) {
  admissions_.push(task.host().admissions(), task, task.host().weights());
  if (!task.admission() && !task.isAdmitted()) noteRefused(task);
  // What another shard lets go, and what flows into a bucket, comes without a word.
  if (!admissionDue_) scheduleAdmission(kAdmissionPoll);
  if (admissions_.size() > kMostWaiting) static_cast<RequestTask&>(admissions_.shed()).onShed();
}

void Shard::passOn(AppHost& host) {
  AppQuota& app = host.quota();
  WaitingShards& ofTenant = app.tenant->waiting;
  const auto next = WaitingShards::next(app.waiting, ofTenant);
  const std::size_t here = WaitingShards::placeOf(index_);
  if (next && *next != here) {
    environment_.admitOn(*next);
    // Those that wait here for the same have had their turn, or will.
    if (app.waiting.has(here) || ofTenant.has(here)) return;
  }
  admitSoon();
}

void Shard::tellPlaceIsFree() {
  if (toldPlaceIsFree_.exchange(true, std::memory_order_relaxed)) return;
  asio::post(context_, [this] {
    toldPlaceIsFree_.store(false, std::memory_order_relaxed);
    if (!admissions_.empty()) admit();
  });
}

void Shard::admitSoon() {
  if (admissions_.empty() || admittingSoon_) return;
  admittingSoon_ = true;
  scheduleAdmission(Clock::duration::zero());
}

void Shard::scheduleAdmission(Clock::duration delay) {
  admissionDue_ = true;
  admissionTimer_.expires_after(delay);
  admissionTimer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) admit();
  });
}

void Shard::admit() {
  admissionDue_ = admittingSoon_ = false;
  ++admissionLook_;
  const auto now = Clock::now();
  while (FairItem* const item = admissions_.popFirst([this, now](FairItem& first) {
    return offer(static_cast<RequestTask&>(first), now);
  })) {
    auto& task = static_cast<RequestTask&>(*item);
    admissions_.charge(task.host().admissions(), 1);
    guarded(task, [&] { task.onAdmitted(); });
  }
  forgetRefused();
  if (!admissions_.empty() && !admissionDue_) scheduleAdmission(kAdmissionPoll);
}

FairQueue::Offer Shard::offer(RequestTask& task, Clock::time_point now) {
  // A tenant may have hundreds of apps that wait, and others do not pay for them.
  AppHost& host = task.host();
  if (host.places().refused.look == admissionLook_) return FairQueue::Offer::groupDeclined;
  if (host.refused().look == admissionLook_) return FairQueue::Offer::declined;
  if (task.tryAdmit(now)) return FairQueue::Offer::taken;
  // One that has its place, and waits to be initialised, waits for nobody else's.
  if (task.isAdmitted()) return FairQueue::Offer::declined;
  noteRefused(task);
  return task.admission().byTenant ? FairQueue::Offer::groupDeclined : FairQueue::Offer::declined;
}

void Shard::noteRefused(RequestTask& task) {
  AppHost& host = task.host();
  const bool byTenant = task.admission().byTenant;
  RefusedRequests& refused = byTenant ? host.places().refused : host.refused();
  refused.look = admissionLook_;
  // Each time: the app as it was deployed before may have taken it back.
  Quota& quota = byTenant ? static_cast<Quota&>(*host.quota().tenant) : host.quota();
  quota.waiting.add(WaitingShards::placeOf(index_));
  if (std::exchange(refused.noted, true)) return;
  refused_.push_back({host.shared_from_this(), byTenant});
}

/// Of which nothing waits any more, or not because of these limits.
void Shard::forgetRefused() {
  std::erase_if(refused_, [this](const Refused& entry) {
    AppHost& host = *entry.host;
    RefusedRequests& refused = entry.byTenant ? host.places().refused : host.refused();
    const bool waits =
        entry.byTenant ? host.places().admissions.size() != 0 : !host.admissions().empty();
    if (waits && refused.look == admissionLook_) return false;
    refused.noted = false;
    Quota& quota = entry.byTenant ? static_cast<Quota&>(*host.quota().tenant) : host.quota();
    quota.waiting.remove(WaitingShards::placeOf(index_));
    return true;
  });
}

}  // namespace skiff
