#pragma once

#include <atomic>
#include <cstddef>
#include <utility>

namespace skiff::wasi {

/// Descriptors of the system that all guests together may hold open: the rest is for connections.
/// Any thread.
class OpenFileBudget {
 public:
  explicit OpenFileBudget(std::size_t limit) : limit_(limit) {}

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
      if (budget_) budget_->open_.fetch_sub(1, std::memory_order_relaxed);
    }
    explicit operator bool() const { return budget_ != nullptr; }

   private:
    friend class OpenFileBudget;
    explicit Place(OpenFileBudget& budget) : budget_(&budget) {}
    OpenFileBudget* budget_ = nullptr;
  };

  /// An empty place if all are taken.
  Place take() {
    if (open_.fetch_add(1, std::memory_order_relaxed) < limit_) return Place(*this);
    open_.fetch_sub(1, std::memory_order_relaxed);
    return {};
  }
  std::size_t open() const { return open_.load(std::memory_order_relaxed); }

 private:
  const std::size_t limit_;
  std::atomic<std::size_t> open_{0};
};

}  // namespace skiff::wasi
