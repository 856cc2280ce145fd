#include "isolate/guest_run.h"

#include <cassert>
#include <span>
#include <utility>

#include "isolate/guest_call.h"
#include "isolate/guest_interruption.h"
#include "isolate/guest_isolate.h"
#include "isolate/instance.h"

namespace skiff {

GuestRun::GuestRun(ShardEngine& shard, InstancePool& pool, Exchange& exchange, const Limits& limits)
    : shard_(shard), pool_(pool), exchange_(exchange), limits_(limits) {}

GuestRun::~GuestRun() {
  assert(!instance_ || !pool_.isAway());
  if (phase_ == Phase::suspended || phase_ == Phase::resuming) cancel(Reason::drained);
  if (instance_) finish(Reason::drained, {}, InstanceFate::broken);
}

GuestRun::State GuestRun::begin(Instance& instance, std::chrono::nanoseconds initCpu) {
  instance_ = &instance;
  cpu_ += initCpu;
  if (!std::exchange(begun_, true)) {
    plain_ = pool_.tryPlainEntry() &&
             (!pool_.module().mayWait || exchange_.requestBodyLength() == std::uint64_t{0});
    if (plain_ && pool_.module().mayWait) {
      saveRequest();
      exchange_.holdResponse(true);
    }
  }
  makeContext();
  {
    // An idle instance's isolate need not be the one that the thread is in.
    const IsolateLock lock(shard_.seat(), pool_.isolate());
    context_->setMemory(GuestMemory(*instance_));
  }
  context_->setFeatures(pool_.module().features);
  context_->setFileIo(shard_.fileIo());
  return proceed(pool_.module().abi->begin(*context_));
}

void GuestRun::makeContext() {
  initialContext_ = instance_->takeInitialContext();
  if (initialContext_) {
    initialContext_->beginRequest(exchange_);
    context_ = initialContext_.get();
  } else {
    context_ = &ownContext_.emplace(pool_.module().settings, systemEnvironment(), &exchange_);
  }
}

void GuestRun::dropContext() {
  context_ = nullptr;
  ownContext_.reset();
  initialContext_.reset();
}

GuestRun::State GuestRun::beginAgain() {
  call_.reset();
  dropContext();
  plain_ = false;
  pool_.noteWaited();
  pool_.release(std::exchange(instance_, nullptr), InstanceFate::broken, cpu_);
  restoreExchange();
  phase_ = Phase::idle;
  return State::needsInstance;
}

void GuestRun::saveRequest() {
  const RequestHead& head = exchange_.request();
  savedMethod_ = head.method;
  savedTarget_ = head.target;
  savedHeaders_.emplace(exchange_.memory());
  for (const Header& header : head.headers) savedHeaders_->addReference(header.name, header.value);
}

void GuestRun::restoreExchange() {
  exchange_.holdResponse(false);
  RequestHead& request = exchange_.request();
  request.method = savedMethod_;
  request.target = savedTarget_;
  request.headers = std::move(*savedHeaders_);
  exchange_.discardResponseBody();
  ResponseHead& response = exchange_.response();
  response.status = 200;
  response.headers.clear();
  response.trailers.clear();
  exchange_.waitFor(kWaitNothing);
}

GuestRun::State GuestRun::resume() {
  exchange_.waitFor(kWaitNothing);
  if (phase_ == Phase::awaiting) return proceed(pool_.module().abi->ready(*context_));
  phase_ = Phase::resuming;
  return State::ready;
}

void GuestRun::cancel(Reason reason) {
  exchange_.waitFor(kWaitNothing);
  if (phase_ == Phase::suspended || phase_ == Phase::resuming) {
    {
      IsolateLock lock(shard_.seat(), pool_.isolate());
      unwind(lock, reason);
    }
    finish(reason,
           reason == Reason::wallLimit ? "the guest waited past the request's wall time" : "",
           InstanceFate::broken);
  } else if (phase_ != Phase::finished) {
    finish(reason, {}, InstanceFate::returned);
  }
}

void GuestRun::unwind(IsolateLock& lock, Reason reason) {
  // Its host function ends it at once, so it computes nothing: but what little V8 does on its stack
  // may still touch its memory.
  const TrackedMemory::Access access(instance_->tracked());
  const bool late = reason == Reason::wallLimit || reason == Reason::cpuLimit;
  lock.raw()->CancelTerminateExecution();
  call_->cancel(lock, late ? GuestCall::NoteStack::yes : GuestCall::NoteStack::no);
  lock.raw()->CancelTerminateExecution();
}

GuestRun::State GuestRun::proceed(const Step& step) {
  switch (step.kind) {
    case Step::Kind::await:
      phase_ = Phase::awaiting;
      exchange_.flush();
      return State::waiting;
    case Step::Kind::finish:
      return finish(step.reason, std::string(step.detail), InstanceFate::returned);
    case Step::Kind::call:
      break;
  }
  step_ = step;
  call_ = std::make_unique<GuestCall>(*context_, pool_.module().signalAddress);
  phase_ = Phase::entering;
  return State::ready;
}

void GuestRun::perform() {
  IsolateLock lock(shard_.seat(), pool_.isolate());
  v8::Isolate* const isolate = lock.raw();
  GuestThread& thread = shard_.thread();
  GuestCall::State state;
  ActivationReport report;
  context_->clock().moveOn();
  {
    const TrackedMemory::Access access(instance_->tracked());
    thread.begin({.cpu = limits_.cpu,
                  .used = cpu_,
                  .deadline = limits_.deadline,
                  .quota = pool_.module().settings.quota.get(),
                  .start = limits_.start,
                  .ends = &shard_.ends(),
                  .abandoned = limits_.abandoned,
                  .warns = pool_.module().signalAddress.has_value(),
                  .interrupt = interruptGuest,
                  .target = isolate});
    if (phase_ == Phase::resuming) {
      state = call_->resume(lock, thread);
    } else {
      const EntryPoint& entry = pool_.module().abi->entryPoints()[step_.entry];
      const auto kind = plain_ ? GuestCall::Entry::plain : GuestCall::Entry::suspendable;
      state = call_->enter(lock, thread, instance_->entry(lock, step_.entry, kind),
                           std::span(step_.arguments.data(), entry.parameters.size()), kind);
    }
    report = thread.end();
  }
  phase_ = Phase::performed;
  cpu_ += report.cpu;
  late_ = report.late;
  const bool heapExhausted = lock.guest().takeHeapExhausted();
  const bool cut = report.terminated != Reason::none || heapExhausted;
  if (cut && state == GuestCall::State::suspended) {
    unwind(lock, report.terminated);
    state = GuestCall::State::terminated;
  }
  if (cut && state == GuestCall::State::mustWait) state = GuestCall::State::terminated;
  if (cut || state == GuestCall::State::ended || state == GuestCall::State::terminated ||
      state == GuestCall::State::mustWait) {
    if (state == GuestCall::State::returned) state = GuestCall::State::terminated;
    isolate->CancelTerminateExecution();
  }
  const auto ending = state == GuestCall::State::ended ? context_->ending() : std::nullopt;
  if (state == GuestCall::State::trapped || state == GuestCall::State::terminated ||
      state == GuestCall::State::mustWait ||
      (ending && ending->kind != HostContext::Ending::Kind::exit)) {
    instance_->discardMemory();  // it will be dropped: let that cost the shard little
  }
  if (lock.guest().tasks().pending()) lock.guest().tasks().drain();
  outcome_ = {static_cast<std::uint8_t>(state),
              heapExhausted ? Reason::memoryLimit : report.terminated};
}

GuestRun::State GuestRun::settle() {
  context_->returnToShard();
  switch (static_cast<GuestCall::State>(outcome_.call)) {
    case GuestCall::State::returned: {
      const auto result = static_cast<std::int64_t>(call_->result());
      return proceed(pool_.module().abi->returned(*context_, step_.entry, result));
    }
    case GuestCall::State::suspended:
      phase_ = Phase::suspended;
      exchange_.flush();
      return State::waiting;
    case GuestCall::State::ended:
      return ended();
    case GuestCall::State::mustWait:
      return beginAgain();
    case GuestCall::State::trapped:
      return finish(Reason::guestTrap, call_->trap(), InstanceFate::broken);
    case GuestCall::State::terminated:
      break;
  }
  return terminated(outcome_.terminated);
}

GuestRun::State GuestRun::ended() {
  const HostContext::Ending& ending = *context_->ending();
  if (ending.kind == HostContext::Ending::Kind::memoryLimit) {
    return finish(Reason::memoryLimit,
                  "the guest's memory and its /tmp together are over its memory limit",
                  InstanceFate::broken);
  }
  if (ending.kind == HostContext::Ending::Kind::trap) {
    return finish(Reason::guestTrap, ending.message, InstanceFate::broken);
  }
  const Step step = pool_.module().abi->exited(*context_, ending.exitCode);
  std::string detail(step.detail);
  if (step.reason == Reason::guestExit) {
    detail += (detail.empty() ? "the guest exited with code " : ": code ") +
              std::to_string(ending.exitCode);
  }
  // It left by a host call, in good order: what it changed is undone as if it had returned.
  const bool resettable = pool_.module().reuse == Reuse::pristine;
  return finish(step.reason, std::move(detail),
                resettable ? InstanceFate::returned : InstanceFate::broken);
}

GuestRun::State GuestRun::terminated(Reason reason) {
  switch (reason) {
    case Reason::memoryLimit:
      return finish(reason, "the guest filled the engine's heap", InstanceFate::broken);
    case Reason::wallLimit:
      return finish(reason, "the guest ran past the request's wall time", InstanceFate::broken);
    case Reason::clientGone:
      return finish(reason, {}, InstanceFate::broken);
    case Reason::overloaded:
      return finish(reason,
                    "the guest held up its shard, and its tenant has as many threads beside the "
                    "shards as it may",
                    InstanceFate::broken);
    case Reason::drained:
      return finish(reason, "the server's drain was over", InstanceFate::broken);
    default:
      return finish(Reason::cpuLimit, "the guest used up the request's CPU time",
                    InstanceFate::broken);
  }
}

GuestRun::State GuestRun::finish(Reason reason, std::string detail, InstanceFate fate) {
  reason_ = reason;
  detail_ = std::move(detail);
  if (call_) stack_ = call_->takeStack();
  phase_ = Phase::finished;
  call_.reset();
  dropContext();  // its files are closed now, not when the answer has gone
  if (instance_) reset_ = pool_.release(std::exchange(instance_, nullptr), fate, cpu_);
  return State::finished;
}

}  // namespace skiff
