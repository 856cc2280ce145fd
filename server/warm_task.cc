#include "server/warm_task.h"

#include <utility>

#include "server/app_host.h"

namespace skiff {

void WarmTask::start(Done done) {
  busy_ = true;
  done_ = std::move(done);
  state_ = State::fresh;
}

bool WarmTask::prepare() {
  if (state_ == State::warmed) return false;
  if (!host_.pool().isAway()) return true;
  host_.defer(*this);
  return false;
}

void WarmTask::perform() {
  result_ = host_.pool().warm();
}

void WarmTask::settle() {
  state_ = State::warmed;
}

void WarmTask::onFailed() noexcept {
  result_ = Error{"the server failed to make its instances"};
  state_ = State::warmed;
}

void WarmTask::onTurnOver() {
  if (state_ != State::warmed) return;  // its turn comes again
  busy_ = false;
  host_.serveWaiting();
  if (const Done done = std::exchange(done_, nullptr)) done(std::exchange(result_, {}));
}

}  // namespace skiff
