#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "isolate/guest_run.h"
#include "server/deadline_queue.h"
#include "server/http/exchange.h"

namespace skiff {

class AppHost;
class Shard;

/// One request on its way through a guest: waits for an instance, runs, waits where the guest
/// waits, and ends. Attached to the exchange. One thread.
class RequestTask final : public Attachment, public ExchangeListener, public DeadlineListener {
 public:
  RequestTask(Shard& shard, AppHost& host, HttpExchange& exchange);
  ~RequestTask() override;

  /// Counts itself in with its app; false if too many requests are in flight there.
  bool enter();
  /// Counts itself out again, if it was counted in.
  void leave();
  /// Takes an instance and runs, or queues up for one. REQUIRES: entered.
  void begin();
  /// An instance may be free. REQUIRES: queued, and taken out of the queue.
  void retry();

  AppHost& host() { return host_; }
  std::chrono::nanoseconds cpu() const { return cpu_; }
  bool wasCold() const { return cold_; }

  void onReady() override;
  void onAbandoned(Reason reason) override;
  void onDeadline() override;

 private:
  enum class State : std::uint8_t { fresh, queued, running, waiting, over };

  void run(Instance& instance, std::chrono::nanoseconds initCpu);
  void after(GuestRun::State state);
  /// How the run ended, to the app's log and to the client.
  void tell();
  void refuse(Reason reason, const std::string& detail);
  void awaitDeadline();
  void stopDeadline();

  Shard& shard_;
  AppHost& host_;
  HttpExchange& exchange_;
  const std::chrono::steady_clock::time_point deadline_;
  std::optional<GuestRun> run_;
  std::optional<DeadlineQueue::Entry> deadlineEntry_;
  std::chrono::nanoseconds cpu_{};
  State state_ = State::fresh;
  bool cold_ = false;
  bool entered_ = false;
};

}  // namespace skiff
