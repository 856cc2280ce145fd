#include "server/request_task.h"

#include <exception>
#include <utility>

#include "isolate/wasm/stack_text.h"
#include "server/app_host.h"
#include "server/shard.h"

namespace skiff {

RequestTask::RequestTask(Shard& shard, AppHost& host, HttpExchange& exchange)
    : shard_(shard), host_(host), exchange_(exchange) {
  host.enter();
}

RequestTask::~RequestTask() {
  stopDeadline();
}

void RequestTask::leave() {
  if (state_ == State::queued) host_.dequeue(*this);
  tellOfAnswer();
  if (std::exchange(admitted_, false)) {
    finish(host_.quota());
    shard_.passOn(host_);
  }
  host_.leave();
}

// Before it runs.

void RequestTask::begin() {
  exchange_.setListener(this);
  enterStep(ServerTiming::Step::queue);
  const auto now = exchange_.arrivalTime();
  waitsSince_ = now;
  if (const Admission rate = arrive(host_.quota(), now); !rate) {
    return refuse(rate.reason, {}, rate);
  }
  const bool mayWait = host_.quota().limits.queue().count() != 0;
  // Behind those that wait already for the limits of its app or tenant, here or elsewhere.
  const AppQuota& quota = host_.quota();
  const bool isFirst =
      host_.admissions().empty() && !quota.waiting.any() && !quota.tenant->waiting.any();
  if ((isFirst || !mayWait) && tryAdmit(now)) return onAdmitted();
  if (!mayWait) return refuse(admission_.reason, {}, admission_);
  state_ = State::arriving;
  beginQueueing();
  shard_.awaitAdmission(*this);
}

bool RequestTask::tryAdmit(Clock::time_point now) {
  if (admitted_) return mayInitialise();
  admission_ = skiff::begin(host_.quota(), now);
  admitted_ = static_cast<bool>(admission_);
  return admitted_;
}

void RequestTask::onAdmitted() {
  if (!host_.isLoaded()) enterStep(ServerTiming::Step::module);
  if (!host_.isLoaded() && !shard_.load(host_)) {
    if (host_.isLoading()) return queueUp();
    return onNotLoaded("its module could not be loaded a moment ago");
  }
  enterStep(ServerTiming::Step::queue);
  if (host_.hasWaiting() && !wasNext_) {
    queueUp();
  } else {
    makeReady(Next::acquire);
  }
}

void RequestTask::onShed() {
  endQueueing(Clock::now());
  refuse(Reason::overloaded, "too many requests wait, and most of them are this tenant's");
}

void RequestTask::beginQueueing() {
  isQueueing_ = true;
  if (!waitsSince_) waitsSince_ = Clock::now();
  awaitDeadline();
}

void RequestTask::endQueueing(Clock::time_point time) {
  if (std::exchange(isQueueing_, false) || ranAt_) {
    const auto waited = std::max(std::chrono::nanoseconds::zero(), time - *waitsSince_);
    queued_ += waited;
    shard_.recordQueued(waited);
  }
  ranAt_.reset();
  waitsSince_.reset();
  stopDeadline();
}

void RequestTask::refuseQueued() {
  const bool arriving = state_ == State::arriving;
  if (state_ == State::queued) host_.dequeue(*this);
  FairItem::leave();
  const auto now = Clock::now();
  const bool expired = now >= exchange_.startTime() + host_.quota().limits.wall();
  // It may have waited behind others of its app all the time, and never have tried.
  const bool admitted = arriving && !expired && tryAdmit(now);
  isQueueing_ = true;
  endQueueing(now);
  if (admitted && host_.isLoaded() && !host_.hasWaiting() && host_.pool().available()) {
    return makeReady(Next::acquire);
  }
  if (expired) return refuse(Reason::wallLimit, {});
  if (!host_.isLoaded() && admitted_) {
    return refuse(Reason::notReady, "its module was not loaded within its queue_ms");
  }
  if (!admission_) return refuse(admission_.reason, {}, admission_);
  // Those before it may be parked for their share, which is its own as well.
  if (const auto wait = host_.quota().cpuWait(now); wait.count() > 0) {
    return refuse(Reason::cpuQuota, {}, {Reason::cpuQuota, wait});
  }
  refuse(Reason::overloaded,
         "no instance of the app, or no turn or thread for it, became free within its queue_ms");
}

void RequestTask::retry() {
  enterStep(ServerTiming::Step::queue);
  makeReady(Next::acquire);
}

void RequestTask::onNotLoaded(const std::string& why) {
  if (waitsSince_) endQueueing(Clock::now());
  refuse(Reason::notReady, why);
}

void RequestTask::makeReady(Next next) {
  next_ = next;
  state_ = State::ready;
  if (!is_linked()) shard_.enqueue(*this);
}

void RequestTask::queueUp() {
  state_ = State::queued;
  next_ = Next::nothing;
  if (host_.quota().limits.queue().count() == 0) {
    if (!host_.isLoaded()) return refuse(Reason::notReady, "its module is being loaded");
    return refuse(Reason::overloaded, "no instance of the app is free");
  }
  if (std::exchange(wasQueued_, true)) {
    host_.requeue(*this);
  } else {
    host_.enqueue(*this);
  }
  beginQueueing();
}

bool RequestTask::mayInitialise() {
  const std::chrono::nanoseconds wait = host_.initialisationWait();
  admission_ = {wait.count() == 0 ? Reason::none : Reason::rateLimit, wait};
  return static_cast<bool>(admission_);
}

/// It is asked again with those that wait to be admitted.
void RequestTask::awaitInitialisation() {
  next_ = Next::nothing;
  if (host_.quota().limits.queue().count() == 0) return refuse(admission_.reason, {}, admission_);
  state_ = State::arriving;
  wasNext_ = true;
  beginQueueing();
  shard_.awaitAdmission(*this);
  host_.serveWaiting();  // to wait behind it
}

bool RequestTask::defer() {
  if (!is_linked()) host_.defer(*this);
  return false;
}

bool RequestTask::waitForTidying() {
  awaitDeadline();
  if (host_.pool().isAway()) return defer();
  if (!is_linked()) shard_.enqueue(*this);
  return false;
}

bool RequestTask::prepare() {
  InstancePool& pool = host_.pool();
  while (true) {
    switch (next_) {
      case Next::nothing:
        return false;
      case Next::acquire:
        if (!pool.available()) {
          // What tidies up is done in a moment, and in its turn before this one.
          if (host_.tidyTask().isBusy()) return waitForTidying();
          queueUp();
        } else if (Instance* const idle = pool.acquireIdle()) {
          start(*idle, {});
        } else if (!mayInitialise()) {
          awaitInitialisation();
        } else {
          state_ = State::running;
          return true;
        }
        break;
      case Next::perform:
        if (pool.isAway()) return defer();
        state_ = State::running;
        return true;
      case Next::resume:
        if (pool.isAway()) return defer();
        after(run_->resume());
        break;
      case Next::cancel:
        if (pool.isAway()) return defer();
        run_->cancel(cancelReason_);
        after(GuestRun::State::finished);
        break;
    }
  }
}

void RequestTask::perform() {
  if (next_ == Next::acquire) {
    acquire();
  } else {
    if (waitsSince_ && (isQueueing_ || ShardEngine::thread().isAway())) ranAt_ = Clock::now();
    enterStep(ServerTiming::Step::guest);
    run_->perform();
  }
  wasAway_ = ShardEngine::thread().isAway();
}

void RequestTask::acquire() {
  enterStep(ServerTiming::Step::isolate);
  acquired_ = {};
  ColdStart& cold = acquired_.cold;
  acquired_.instance = host_.pool().acquire(cold, acquired_.refusal, acquired_.error);
  ServerTiming* const timing = exchange_.timing();
  if (!timing) return;
  using enum ServerTiming::Step;
  timing->enter(queue);
  timing->move(isolate, module, cold.module);
  timing->move(isolate, instantiate, cold.instantiate);
  timing->move(isolate, init, cold.init);
}

void RequestTask::settle() {
  if (next_ == Next::acquire) return onAcquired();
  if (waitsSince_) endQueueing(ranAt_.value_or(*waitsSince_));
  const auto used = run_->cpu() - runCpu_;
  runCpu_ += used;
  account(used);
  if (run_->late().count() != 0) shard_.recordInterrupt(run_->late());
  after(run_->settle());
}

void RequestTask::onAway() {
  exchange_.freeze();
  // It may wait there for a thread.
  awaitDeadline();
}

void RequestTask::account(std::chrono::nanoseconds cpu) {
  cpu_ += cpu;
  host_.recordActivation(cpu, shard_.now());
  // What is used beside the shard holds nobody up here.
  if (!wasAway_) shard_.chargeTurn(host_, cpu);
}

void RequestTask::onAcquired() {
  const Acquired acquired = std::exchange(acquired_, {});
  // Whether an instance came of it or not.
  account(acquired.cold.initCpu);
  if (acquired.instance) return start(*acquired.instance, acquired.cold);
  if (acquired.refusal == Reason::none) return queueUp();
  if (acquired.refusal == Reason::memoryLimit && !std::exchange(gaveBackOwn_, true)) {
    if (shard_.giveBackIdle(*host_.quota().tenant)) return;
    host_.quota().tenant->refusedInstances.fetch_add(1, std::memory_order_relaxed);
  }
  // Once more, after what others hold idle was given back.
  if (acquired.refusal == Reason::overloaded && !std::exchange(gaveBack_, true) &&
      shard_.giveBackOldest()) {
    return;
  }
  refuse(acquired.refusal, acquired.error);
}

void RequestTask::start(Instance& instance, const ColdStart& cold) {
  if (cold.happened) {
    wasCold_ = true;
    shard_.recordColdStart(host_.metrics(), cold);
  }
  if (!run_) {
    run_.emplace(shard_.engine(), host_.pool(), exchange_,
                 GuestRun::Limits{host_.quota().limits.cpu(),
                                  exchange_.startTime() + host_.quota().limits.wall(),
                                  exchange_.startTime(), &clientGone_});
  }
  runCpu_ += cold.initCpu;
  after(run_->begin(instance, cold.initCpu));
  host_.serveWaiting();
}

void RequestTask::after(GuestRun::State state) {
  if (state != GuestRun::State::finished && exchange_.isOver()) {
    // Nothing that it does counts any more. Ended here, where the pool is home: when the answer has
    // gone, another request's guest may be away with it.
    run_->cancel(exchange_.reason());
    state = GuestRun::State::finished;
  }
  switch (state) {
    case GuestRun::State::needsInstance:
      next_ = Next::acquire;
      return;
    case GuestRun::State::ready:
      next_ = Next::perform;
      return;
    case GuestRun::State::waiting:
      next_ = Next::nothing;
      state_ = State::waiting;
      expired_ = false;
      awaitDeadline();
      return;
    case GuestRun::State::finished:
      end();
      return;
  }
}

void RequestTask::end() {
  // The deadline stays: it is the answer's as well, which may still be on its way.
  next_ = Next::nothing;
  state_ = State::over;
  if (std::exchange(expired_, false)) awaitDeadline();
  cpu_ += run_->cpu() - runCpu_;
  shard_.recordReset(run_->reset());
  tell();
  host_.serveWaiting();
  if (host_.pool().wantsWarming()) shard_.warm(host_);
  shard_.tidy(host_);
}

void RequestTask::tell() {
  const AppVersion& app = host_.version();
  const wasm::Symbols& symbols = host_.pool().module().symbols;
  const std::string& detail = run_->detail();
  if (run_->reason() == Reason::none) {
    if (!detail.empty()) app.log().guests.write(LogLevel::error, exchange_.requestId(), detail);
    return;
  }
  const GuestFault fault{run_->reason(), detail, run_->stack()};
  if (!detail.empty()) app.log().faults.write(exchange_.requestId(), fault, symbols);
  // The connection is about to abandon the exchange: nobody is left to read an answer.
  if (fault.reason == Reason::clientGone) return;
  if (app.config().debug) {
    exchange_.fail(fault.reason, detail, wasm::stackLines(symbols, fault.stack));
  } else {
    exchange_.fail(fault.reason);
  }
}

void RequestTask::tellOfAnswer() {
  // What the run ended with is told already; this the exchange found.
  if (exchange_.reason() != Reason::badResponse || exchange_.detail().empty()) return;
  if (run_ && run_->reason() == Reason::badResponse && !run_->detail().empty()) return;
  if (!host_.isLoaded()) return;
  host_.version().log().faults.write(exchange_.requestId(),
                                     {Reason::badResponse, exchange_.detail(), {}},
                                     host_.pool().module().symbols);
}

void RequestTask::refuse(Reason reason, const std::string& detail, const Admission& admission) {
  next_ = Next::nothing;
  state_ = State::over;
  stopDeadline();
  if (!detail.empty()) shard_.reportRefusal(host_, detail);
  if (admission.wait.count() != 0) exchange_.setRetryAfter(admission.retryAfter());
  exchange_.fail(reason);
  host_.serveWaiting();
}

void RequestTask::onFailed() noexcept {
  if (state_ == State::queued) host_.dequeue(*this);
  FairItem::leave();
  stopDeadline();
  next_ = Next::nothing;
  state_ = State::over;
  if (run_) cpu_ += run_->cpu() - runCpu_;
  run_.reset();  // and with it its instance
  exchange_.failUnexpectedly();
  try {
    host_.serveWaiting();
  } catch (const std::exception&) {
    // They have their deadlines.
  }
}

void RequestTask::onReady() {
  if (state_ == State::waiting) makeReady(Next::resume);
}

bool RequestTask::mayEnd() {
  if (!run_ || state_ == State::over || !host_.pool().isAway()) return true;
  return defer();
}

bool RequestTask::mayBeDestroyed() {
  // Its turn will come, and end it.
  if (next_ == Next::cancel) return false;
  return mayEnd();
}

void RequestTask::onAbandoned(Reason reason) {
  if (state_ == State::over) return;
  if (state_ == State::queued) host_.dequeue(*this);
  FairItem::leave();
  if (waitsSince_) endQueueing(Clock::now());
  next_ = Next::nothing;
  if (run_) {
    run_->cancel(reason);
    end();
  } else {
    state_ = State::over;
    stopDeadline();
    host_.serveWaiting();
  }
}

void RequestTask::onClientGone() {
  clientGone_ = true;
  if (!shard_.withdraw(*this)) return;
  // The connection abandons it now.
  state_ = State::waiting;
  next_ = Next::nothing;
  onTurnOver();
}

void RequestTask::onWithdrawn() {
  try {
    if (waitsSince_) {
      if (run_) run_->cancel(Reason::overloaded);
      refuseQueued();
    } else {
      run_->cancel(Reason::wallLimit);
      end();
    }
    shard_.tidy(host_);
  } catch (const std::exception&) {
    onFailed();
  }
  onTurnOver();
}

void RequestTask::onTurnPosted() {
  if (next_ != Next::cancel) awaitDeadline();
}

void RequestTask::onDeadline() {
  deadlineEntry_.reset();
  try {
    onTimeOver();
  } catch (const std::exception&) {
    onFailed();
  }
}

void RequestTask::onTimeOver() {
  // Another one by now: its guest has run, or limits have changed.
  if (Clock::now() < deadline()) return awaitDeadline();
  switch (state_) {
    case State::fresh:
      return;
    case State::arriving:
    case State::queued:
      return refuseQueued();
    case State::ready:
      if (next_ == Next::acquire) return refuseQueued();
      [[fallthrough]];
    case State::waiting:
      cancelReason_ = Reason::wallLimit;
      if (host_.pool().isAway()) {
        // Its guest can be unwound only when another one's is back: the client need not wait.
        exchange_.closeAfterwards();
        exchange_.expire(Reason::wallLimit);
      }
      return makeReady(Next::cancel);
    case State::running:
      if (shard_.withdraw(*this)) return onWithdrawn();
      expired_ = true;  // the watchdog ends it
      return;
    case State::over:
      return exchange_.expire(Reason::wallLimit);
  }
}

void RequestTask::onLimitsChanged() {
  stopDeadline();
  awaitDeadline();
  exchange_.onLimitsChanged();
}

RequestTask::Clock::time_point RequestTask::deadline() const {
  const LiveLimits& limits = host_.quota().limits;
  const Clock::time_point end = exchange_.startTime() + limits.wall();
  if (!waitsSince_) return end;
  // Where nothing may wait for a place, a turn is still waited for.
  const bool forPlace = state_ == State::arriving || state_ == State::queued;
  if (limits.queue().count() == 0 && !forPlace) return end;
  return std::min<Clock::time_point>(end, *waitsSince_ + limits.queue());
}

void RequestTask::awaitDeadline() {
  const auto when = deadline();
  if (deadlineEntry_ && (*deadlineEntry_)->first <= when) return;
  stopDeadline();
  deadlineEntry_ = shard_.deadlines().add(when, *this);
}

void RequestTask::stopDeadline() {
  if (!deadlineEntry_) return;
  shard_.deadlines().remove(*deadlineEntry_);
  deadlineEntry_.reset();
}

}  // namespace skiff
