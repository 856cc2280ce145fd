#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "isolate/guest_run.h"
#include "quota/admission.h"
#include "server/deadline_queue.h"
#include "server/http/exchange.h"
#include "server/http/server_timing.h"
#include "server/work.h"

namespace skiff {

class AppHost;
class Shard;

/// One request on its way through a guest: is admitted, waits for an instance, for its turn and
/// perhaps for a thread beside the shard, runs, waits where the guest waits, and ends. What it
/// waits for before its guest first runs, it waits for `queue_ms` at most, then `wall_ms` counts
/// alone. A request that has its turn at once has no deadline, but the watchdog's, until its guest
/// waits. Attached to the exchange. One thread, but for perform().
class RequestTask final : public Attachment,
                          public ExchangeListener,
                          public DeadlineListener,
                          public Work {
 public:
  RequestTask(Shard& shard, AppHost& host, HttpExchange& exchange);
  ~RequestTask() override;

  /// Is admitted or refused, or waits for it.
  void begin();
  /// Counts itself out: its last call.
  void leave();

  bool isAdmitted() const { return admitted_; }
  // While it waits to be admitted.
  bool tryAdmit(std::chrono::steady_clock::time_point now);
  /// What tryAdmit() came to.
  const Admission& admission() const { return admission_; }
  /// REQUIRES: tryAdmit() said true, and it waits no longer.
  void onAdmitted();
  /// Too many wait, and it waits no longer.
  void onShed();

  /// An instance may be free. REQUIRES: queued, and taken out of the queue.
  void retry();
  /// There will be none for now. REQUIRES: the same.
  void onNotLoaded(const std::string& why);

  AppHost& host() override { return host_; }
  std::chrono::nanoseconds cpu() const { return cpu_; }
  bool wasCold() const { return wasCold_; }
  /// How long it waited before its guest first ran; zero if it did not have to.
  std::chrono::nanoseconds queued() const { return queued_; }

  bool mayBeAbandoned() override { return mayEnd(); }
  bool mayBeDestroyed() override;
  void onClientGone() override;
  void onReady() override;
  void onAbandoned(Reason reason) override;
  void onDeadline() override;
  void onLimitsChanged() override;

  bool prepare() override;
  void perform() override;
  void settle() override;
  void onTurnPosted() override;
  void onTurn() override { exchange_.beginWork(); }
  void onTurnOver() override { exchange_.endWork(); }
  void onAway() override;
  void onHome() override { exchange_.thaw(); }
  void onFailed() noexcept override;

 private:
  using Clock = std::chrono::steady_clock;

  enum class State : std::uint8_t {
    fresh,
    arriving,  ///< waits to be admitted, or until an instance may be initialised for it
    queued,    ///< waits for an instance
    ready,     ///< for its turn
    running,   ///< its section is performed
    waiting,   ///< for what its guest waits for
    over,
  };
  enum class Next : std::uint8_t { nothing, acquire, perform, resume, cancel };
  /// What acquiring an instance came to.
  struct Acquired {
    Instance* instance = nullptr;
    ColdStart cold;
    Reason refusal = Reason::none;
    std::string error;
  };

  /// Where its time goes from now on.
  void enterStep(ServerTiming::Step step) {
    if (ServerTiming* const timing = exchange_.timing()) timing->enter(step);
  }
  void makeReady(Next next);
  /// Its turn comes again once the pool is home.
  bool defer();
  bool waitForTidying();
  /// Its guest may be ended now; if not, it has a turn when it may.
  bool mayEnd();
  void queueUp();
  void acquire();
  bool mayInitialise();
  void awaitInitialisation();
  void beginQueueing();
  /// It waits no longer for its guest to run, which did so at `time` or never will.
  void endQueueing(Clock::time_point time);
  /// It has waited too long for its guest to run.
  void refuseQueued();
  void onTimeOver();
  /// Its section was away, had not begun, and will not.
  void onWithdrawn();
  void start(Instance& instance, const ColdStart& cold);
  void onAcquired();
  /// A section on the shard or away has used so much.
  void account(std::chrono::nanoseconds cpu);
  void after(GuestRun::State state);
  void end();
  /// How the run ended, to the app's log and to the client.
  void tell();
  /// What was wrong with the guest's answer, to the app's log.
  void tellOfAnswer();
  void refuse(Reason reason, const std::string& detail, const Admission& admission = {});
  Clock::time_point deadline() const;
  void awaitDeadline();
  void stopDeadline();

  Shard& shard_;
  AppHost& host_;
  HttpExchange& exchange_;
  /// While its guest has not run, or has to begin again and has no instance.
  std::optional<Clock::time_point> waitsSince_;
  std::optional<Clock::time_point> ranAt_;  ///< its guest, if it had to wait for that
  std::chrono::nanoseconds queued_{};
  Admission admission_;  ///< why it had to wait when it tried last
  std::optional<GuestRun> run_;
  std::optional<DeadlineQueue::Entry> deadlineEntry_;
  Acquired acquired_;
  std::chrono::nanoseconds cpu_{};
  std::chrono::nanoseconds runCpu_{};    ///< what the run has used, as far as it is counted in cpu_
  std::atomic<bool> clientGone_{false};  ///< while its section is away
  Reason cancelReason_ = Reason::none;
  State state_ = State::fresh;
  Next next_ = Next::nothing;
  bool gaveBack_ = false;     ///< other apps' instances, for it to get one
  bool gaveBackOwn_ = false;  ///< its tenant's
  bool isQueueing_ = false;   ///< has had to wait since waitsSince_
  bool wasQueued_ = false;    ///< its place is at the front
  bool wasNext_ = false;      ///< of its app, and had to wait for its initialisation
  bool wasCold_ = false;
  bool admitted_ = false;
  bool expired_ = false;  ///< its deadline came while it was performed
  bool wasAway_ = false;  ///< its section was beside the shard, or ended there
};

}  // namespace skiff
