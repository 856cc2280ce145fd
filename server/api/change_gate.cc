#include "server/api/change_gate.h"

namespace skiff {

std::optional<ChangeGate::Pass> ChangeGate::enter() {
  const std::lock_guard lock(mutex_);
  if (closed_) return std::nullopt;
  ++inside_;
  return Pass(*this);
}

void ChangeGate::close(std::function<void()> empty) {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    if (inside_ != 0) {
      empty_ = std::move(empty);
      return;
    }
  }
  if (empty) empty();
}

void ChangeGate::open() {
  const std::lock_guard lock(mutex_);
  closed_ = false;
  empty_ = nullptr;
}

void ChangeGate::leave() {
  std::function<void()> empty;
  {
    const std::lock_guard lock(mutex_);
    if (--inside_ == 0) empty = std::exchange(empty_, nullptr);
  }
  if (empty) empty();
}

}  // namespace skiff
