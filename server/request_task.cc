#include "server/request_task.h"

#include <utility>

#include "isolate/wasm/stack_text.h"
#include "server/app_host.h"
#include "server/shard.h"

namespace skiff {

RequestTask::RequestTask(Shard& shard, AppHost& host, HttpExchange& exchange)
    : shard_(shard),
      host_(host),
      exchange_(exchange),
      deadline_(exchange.startTime() + host.deployment().quota->limits.wall()) {}

RequestTask::~RequestTask() {
  stopDeadline();
}

bool RequestTask::enter() {
  entered_ = host_.enter();
  return entered_;
}

void RequestTask::leave() {
  if (std::exchange(entered_, false)) host_.leave();
}

void RequestTask::begin() {
  exchange_.setListener(this);
  if (!host_.hasWaiting()) retry();
  if (state_ != State::fresh) return;
  state_ = State::queued;
  host_.enqueue(*this);
  awaitDeadline();
}

void RequestTask::retry() {
  ColdStart cold;
  Reason refusal = Reason::none;
  std::string error;
  Instance* instance = host_.pool().acquire(cold, refusal, error);
  if (!instance && refusal == Reason::overloaded && shard_.giveBackOldest()) {
    instance = host_.pool().acquire(cold, refusal, error);
  }
  if (refusal != Reason::none) return refuse(refusal, error);
  if (!instance) {
    if (state_ == State::queued) host_.requeue(*this);  // all are busy: back to the front
    return;
  }
  cold_ = cold.happened;
  if (cold.happened) shard_.recordColdStart(host_.metrics(), cold);
  run(*instance, cold.initCpu);
}

void RequestTask::run(Instance& instance, std::chrono::nanoseconds initCpu) {
  state_ = State::running;
  run_.emplace(shard_.engine(), host_.pool(), instance, exchange_,
               GuestRun::Limits{host_.deployment().quota->limits.cpu(), deadline_, initCpu});
  after(run_->start());
}

void RequestTask::after(GuestRun::State state) {
  if (state == GuestRun::State::waiting) {
    state_ = State::waiting;
    awaitDeadline();
    return;
  }
  // The deadline stays: it is the answer's as well, which may still be on its way.
  state_ = State::over;
  cpu_ = run_->cpu();
  shard_.recordReset(run_->reset());
  tell();
  host_.serveWaiting();
}

void RequestTask::tell() {
  const AppDeployment& app = host_.deployment();
  const std::string& detail = run_->detail();
  if (run_->reason() == Reason::none) {
    if (!detail.empty()) app.log->write(LogLevel::error, exchange_.requestId(), detail);
    return;
  }
  const GuestFault fault{run_->reason(), detail, run_->stack()};
  if (!detail.empty()) app.faults->write(exchange_.requestId(), fault, app.module->symbols);
  if (app.config.debug) {
    exchange_.fail(fault.reason, detail, wasm::stackLines(app.module->symbols, fault.stack));
  } else {
    exchange_.fail(fault.reason);
  }
}

void RequestTask::refuse(Reason reason, const std::string& detail) {
  state_ = State::over;
  stopDeadline();
  shard_.reportRefusal(host_, detail);
  exchange_.fail(reason);
}

void RequestTask::onReady() {
  if (state_ == State::waiting) after(run_->resume());
}

void RequestTask::onAbandoned(Reason reason) {
  if (state_ == State::queued) {
    host_.dequeue(*this);
    state_ = State::over;
    stopDeadline();
  } else if (state_ == State::waiting) {
    run_->cancel(reason);
    after(GuestRun::State::finished);
  }
}

void RequestTask::onDeadline() {
  deadlineEntry_.reset();
  if (state_ == State::queued) {
    host_.dequeue(*this);
    return refuse(Reason::overloaded, "no instance became free within the request's wall time");
  }
  if (state_ == State::waiting) {
    run_->cancel(Reason::wallLimit);
    after(GuestRun::State::finished);
  } else if (state_ == State::over) {
    exchange_.expire(Reason::wallLimit);
  }
}

void RequestTask::awaitDeadline() {
  if (!deadlineEntry_) deadlineEntry_ = shard_.deadlines().add(deadline_, *this);
}

void RequestTask::stopDeadline() {
  if (!deadlineEntry_) return;
  shard_.deadlines().remove(*deadlineEntry_);
  deadlineEntry_.reset();
}

}  // namespace skiff
