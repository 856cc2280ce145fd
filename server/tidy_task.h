#pragma once

#include <vector>

#include "isolate/memory/reset_how.h"
#include "server/work.h"

namespace skiff {

class Shard;

/// Tidies an app's pool up after guests that left much to reset, or garbage: beside the shard if a
/// thread is free there, at a guest's priority, and on the app's account. One thread, but for
/// perform().
class TidyTask final : public Work {
 public:
  explicit TidyTask(AppHost& host) : host_(host) {}

  /// Whether it has been started and is not done.
  bool isBusy() const { return busy_; }
  /// Before it has its turn. REQUIRES: not busy; the app's host stays until it is no longer.
  void start(Shard& shard);

  AppHost& host() override { return host_; }
  bool isLong() const override { return true; }
  bool prepare() override;
  void perform() override;
  void settle() override;
  void onTurnOver() override;
  void onFailed() noexcept override { tidied_ = true; }

 private:
  AppHost& host_;
  Shard* shard_ = nullptr;
  bool busy_ = false;
  bool tidied_ = false;
  std::vector<ResetHow> resets_;
};

}  // namespace skiff
