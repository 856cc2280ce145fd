#pragma once

#include <functional>

#include "config/result.h"
#include "server/work.h"

namespace skiff {

/// Makes an app's minimum of instances ready on a shard. One thread, but for perform().
class WarmTask final : public Work {
 public:
  using Done = std::function<void(Result<void>)>;

  explicit WarmTask(AppHost& host) : host_(host) {}

  /// Whether it has been started and is not done.
  bool isBusy() const { return busy_; }
  /// Before it has its turn. REQUIRES: not busy; the app's host stays until it is no longer.
  void start(Done done);

  AppHost& host() override { return host_; }
  bool prepare() override;
  void perform() override;
  void settle() override;
  void onTurnOver() override;
  void onFailed() noexcept override;

 private:
  enum class State : std::uint8_t { fresh, warmed };

  AppHost& host_;
  bool busy_ = false;
  Done done_;
  State state_ = State::fresh;
  Result<void> result_;
};

}  // namespace skiff
