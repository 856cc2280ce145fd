#pragma once

#include <cstddef>
#include <functional>
#include <mutex>
#include <optional>
#include <utility>

namespace skiff {

/// Whether what is in the data folder may be changed. While another process takes this one's place
/// it may not, so that nothing is changed behind that one's back. Any thread.
class ChangeGate {
 public:
  /// Leave to change something, until it goes. The gate outlives it.
  class Pass {
   public:
    Pass(Pass&& other) noexcept : gate_(std::exchange(other.gate_, nullptr)) {}
    Pass& operator=(Pass&&) = delete;
    ~Pass() {
      if (gate_ != nullptr) gate_->leave();
    }

   private:
    friend class ChangeGate;
    explicit Pass(ChangeGate& gate) : gate_(&gate) {}
    ChangeGate* gate_;
  };

  /// Nothing if the gate is closed. Does not wait.
  std::optional<Pass> enter();
  /// Lets nobody in from now on. `empty` is called once, when nobody is in any more: here, or on
  /// the thread of who leaves last; not if the gate was opened again before.
  void close(std::function<void()> empty = {});
  void open();

 private:
  void leave();

  std::mutex mutex_;
  std::size_t inside_ = 0;
  bool closed_ = false;
  std::function<void()> empty_;
};

}  // namespace skiff
