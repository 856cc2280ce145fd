#include "server/shard.h"

#include <pthread.h>
#include <spdlog/spdlog.h>

#include <boost/asio/post.hpp>

#include "quota/cycle_clock.h"
#include "server/request_task.h"

namespace skiff {
namespace {

namespace asio = boost::asio;

/// Turns in a row before the loop looks for what has arrived.
constexpr std::chrono::microseconds kTurns{200};

/// Ends the loop's run() on a thread that has lost its shard.
struct Lost {};

}  // namespace

// The shard's loop, and whose guest has its turn in it.

Carried::End Shard::carry(GuestPlace& place) {
  const Carriers::Stay stay(carriers_);
  pthread_setname_np(pthread_self(), ("shard-" + std::to_string(index_)).c_str());
  place.thread().carry(this);
  if (performing_) {
    metrics_.recordHandOff();
    Work& lost = *std::exchange(performing_, nullptr);
    chargeTurn(lost.host(), OverrunForecast::kSlice);
    noteAway(lost);
    if (!turns_.empty()) postTurns();
  }
  while (true) {
    asio::post(context_, [this] {
      if (frontEnd_) frontEnd_->resume();
    });
    try {
      context_.run();
      break;
    } catch (const Lost&) {
      return End::lost;
    } catch (const std::exception& error) {
      // A bug that nothing else caught: what it was about is lost, the others are not.
      spdlog::critical("shard {} failed: {}", index_, error.what());
      inEvent_ = false;
      if (!turns_.empty()) postTurns();
    }
  }
  // Isolates go before the loop that their tasks came from.
  incoming_.reset();
  refused_.clear();
  retired_.clear();
  entries_.clear();
  hosts_.clear();
  place.seat().leave();
  place.thread().carry(nullptr);
  carriers_->end();
  return End::ended;
}

void Shard::enqueue(Work& work) {
  AppHost& host = work.host();
  // The only one of an event may have its turn at the event's end.
  if (!inEvent_ || turnsPosted_ || !turns_.empty()) {
    if (inEvent_ && turns_.size() == 1) static_cast<Work*>(turns_.first())->onTurnPosted();
    work.onTurnPosted();
  }
  turns_.push(host.turns(), work, host.weights());
  if (!inEvent_) postTurns();
}

void Shard::chargeTurn(AppHost& host, std::chrono::nanoseconds cpu) {
  turns_.charge(host.turns(), static_cast<double>(cpu.count()));
}

void Shard::onEventEnd() {
  inEvent_ = false;
  if (turns_.empty() || turnsPosted_) return;
  // The usual case: one request has arrived, and is over soon. Else others that have arrived as
  // well are looked for first.
  auto* const first = static_cast<Work*>(turns_.first());
  if (turns_.size() != 1 || !first->host().isBrief()) {
    first->onTurnPosted();
    return postTurns();
  }
  turns_.pop();
  takeTurn(*first);
}

void Shard::postTurns() {
  if (std::exchange(turnsPosted_, true)) return;
  asio::post(context_, [this] {
    turnsPosted_ = false;
    giveTurns();
  });
}

void Shard::giveTurns() {
  const std::uint64_t start = readCycles();
  while (!turns_.empty()) {
    takeTurn(static_cast<Work&>(*turns_.pop()));
    // Looked at behind a turn: however slow the thread is, each round gives one.
    if (cyclesToTime(readCycles() - start) >= kTurns) break;
  }
  if (!turns_.empty()) postTurns();
}

void Shard::takeTurn(Work& work) {
  work.onTurn();
  proceed(work);
}

void Shard::proceed(Work& work) {
  bool over = true;
  guarded(work, [&] { over = advance(work); });
  if (over) work.onTurnOver();
}

bool Shard::advance(Work& work) {
  while (work.prepare()) {
    if (!ending_ && (work.isLong() || work.host().mayOverrun(now_))) {
      noteAway(work);
      if (sendAway(work)) return false;
      noteHome(work);
    }
    performing_ = &work;
    const Outcome outcome = perform(work);
    GuestPlace& place = GuestPlace::current();
    if (place.thread().isAway()) {
      // Another thread carries the shard: nothing here is this one's any more but the way out.
      place.seat().leave();
      bringHome(work, outcome);
      throw Lost();
    }
    performing_ = nullptr;
    settle(work, outcome);
  }
  return true;
}

void Shard::onException(Work& work, const std::exception& error) {
  const VersionFacts& app = work.host().version().facts();
  spdlog::error("{}/{}: a request failed: {}", app.tenant, app.config.name, error.what());
  work.onFailed();
}

void Shard::noteAway(Work& work) {
  ++away_;
  work.host().sendAway();
  work.onAway();
}

/// False if there is no thread beside the shards, or none that is free for a long one.
bool Shard::sendAway(Work& work) {
  // The isolate may be the one that this thread is still in.
  engine_.seat().leave();
  try {
    Runners::Job job = [this, &work](GuestPlace& place) {
      const Outcome outcome = perform(work);
      place.seat().leave();
      bringHome(work, outcome);
    };
    const TenantQuota& tenant = *work.host().quota().tenant;
    // What tidies up has no time that ends: it must not keep its app waiting for other guests.
    return work.isLong() ? environment_.runners.submitNow(&work, tenant, std::move(job))
                         : environment_.runners.submit(&work, tenant, std::move(job));
  } catch (const std::exception&) {
    noteHome(work);
    throw;
  }
}

/// The section, on any thread.
Shard::Outcome Shard::perform(Work& work) {
  try {
    work.perform();
    return Outcome::whole;
  } catch (const std::exception& error) {
    spdlog::critical("{}/{}: running its guest failed: {}", work.host().version().facts().tenant,
                     work.host().version().config().name, error.what());
    return Outcome::broken;
  }
}

void Shard::settle(Work& work, Outcome outcome) {
  if (outcome == Outcome::whole) {
    work.settle();
  } else {
    work.onFailed();
  }
}

/// Were there no memory to say so, nobody would ever go on with it.
void Shard::bringHome(Work& work, Outcome outcome) noexcept {
  asio::post(context_, [this, &work, outcome] { onHome(work, outcome); });
}

void Shard::noteHome(Work& work) {
  --away_;
  work.host().bringHome([this](Work& deferred) { enqueue(deferred); });
  work.onHome();
}

void Shard::onHome(Work& work, Outcome outcome) {
  guarded(work, [&] {
    noteHome(work);
    settle(work, outcome);
  });
  if (ending_ && away_ == 0) end();
  proceed(work);
}

bool Shard::withdraw(Work& work) {
  if (!environment_.runners.withdraw(&work)) return false;
  noteHome(work);
  if (ending_ && away_ == 0) end();
  return true;
}

}  // namespace skiff
