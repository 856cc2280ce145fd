#pragma once

#include <atomic>
#include <cstddef>
#include <utility>

namespace skiff::wasi {

/// Descriptors of the system that guests may hold open: those of one tenant as a share of what all
/// together may, the rest being for connections. Any thread.
class OpenFileBudget {
 public:
  /// `whole`: what it is a share of; nullptr for the whole itself. REQUIRES: it outlives this.
  explicit OpenFileBudget(std::size_t limit, OpenFileBudget* whole = nullptr)
      : limit_(limit), whole_(whole) {}

  /// A place for one open file; given back when it goes.
  class Place {
   public:
    Place() = default;
    Place(Place&& other) noexcept : budget_(std::exchange(other.budget_, nullptr)) {}
    Place& operator=(Place&& other) noexcept {
      std::swap(budget_, other.budget_);
      return *this;
    }
    ~Place() {
      if (budget_) budget_->giveBack();
    }
    explicit operator bool() const { return budget_ != nullptr; }

   private:
    friend class OpenFileBudget;
    explicit Place(OpenFileBudget& budget) : budget_(&budget) {}
    OpenFileBudget* budget_ = nullptr;
  };

  /// An empty place if all are taken.
  Place take() { return tryTake() ? Place(*this) : Place(); }
  std::size_t limit() const { return limit_; }
  std::size_t open() const { return open_.load(std::memory_order_relaxed); }

 private:
  bool tryTake() {
    if (open_.fetch_add(1, std::memory_order_relaxed) < limit_ && (!whole_ || whole_->tryTake())) {
      return true;
    }
    open_.fetch_sub(1, std::memory_order_relaxed);
    return false;
  }
  void giveBack() {
    open_.fetch_sub(1, std::memory_order_relaxed);
    if (whole_) whole_->giveBack();
  }

  const std::size_t limit_;
  OpenFileBudget* const whole_;
  std::atomic<std::size_t> open_{0};
};

}  // namespace skiff::wasi
