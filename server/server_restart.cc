// How a daemon takes another one's place, and has another one take its own.

#include <spdlog/spdlog.h>
#include <sys/wait.h>

#include <algorithm>
#include <boost/asio/post.hpp>

#include "server/restart/passed_ticket_keys.h"
#include "server/server.h"

namespace skiff {
namespace {

namespace asio = boost::asio;

/// What the descriptors of locks are called when they are passed on.
constexpr const char* kCatalogLockName = "skiff-catalog-lock";
constexpr const char* kBlobsLockName = "skiff-blobs-lock";
/// Changes of the API that are under way have so long before those that take long are given up.
constexpr std::chrono::seconds kChangesPatience{10};
/// Deadlines of connections are looked at this much late at most.
constexpr std::chrono::milliseconds kLateDeadline{600};
/// Of the time that a watchdog waits.
constexpr int kWatchdogLooks = 2;
/// What is in flight has so long to end where nobody else accepts connections.
constexpr std::chrono::milliseconds kHurriedDrain{1'000};

}  // namespace

// Taking another one's place.

void Server::awaitPredecessor() {
  PassedDescriptors& passed = inheritance_.passed;
  locks_ = {passed.takeNamed(kCatalogLockName), passed.takeNamed(kBlobsLockName)};
  takeTicketKeys();
  Descriptor channel = passed.takeNamed(kHandOverName);
  if (!channel) return;
  predecessor_ = std::make_unique<HandOverChannel>(context_, std::move(channel));
  predecessor_->listen([this](std::optional<HandOverWord> word) { onPredecessorWord(word); });
  awaitsState_ = true;
  mayChangeState_ = false;
}

/// Without them clients have but to make new sessions.
void Server::takeTicketKeys() {
  const Descriptor memory = inheritance_.passed.takeNamed(kTicketKeysName);
  TlsServer* const tls = certificates_->server();
  if (!memory || tls == nullptr) return;
  const auto taken = skiff::takeTicketKeys(memory, tls->ticketKeys());
  if (taken.has_error()) spdlog::warn("{}", taken.error().message);
}

void Server::onPredecessorWord(std::optional<HandOverWord> word) {
  if (word == HandOverWord::takeOver) {
    if (std::exchange(awaitsState_, false) && serving_) takeOver();
  } else if (word == HandOverWord::quiet) {
    admitChanges();
  } else {
    // It has ended, or what it says makes no sense: nobody else serves, and nobody changes
    // anything.
    predecessor_.reset();
    if (std::exchange(awaitsState_, false) && serving_) takeOver();
    admitChanges();
  }
}

/// The data folder is this process' now.
void Server::takeOver() {
  if (draining_) return;
  if (const auto opened = openState(); opened.has_error()) {
    spdlog::error("{}", opened.error().message);
    status_ = 1;
    finishDrain();
    return;
  }
  loadState();
}

void Server::admitChanges() {
  mayChangeState_ = true;
  if (deploying_ && !successor_ && !draining_) deploying_->openChanges();
}

void Server::tellReady() {
  if (!adminStarted_) {
    if (const auto started = startAdmin(); started.has_error()) {
      spdlog::error("{}", started.error().message);
      status_ = 1;
      finishDrain();
      return;
    }
    if (predecessor_) predecessor_->say(HandOverWord::ready);
  }
  manager_.notify("READY=1\nSTATUS=ready");
}

// Another one taking this one's place.

void Server::beginRestart() {
  if (draining_ || successor_) {
    spdlog::warn("no restart is begun: {} is under way",
                 draining_ ? "the end of this process" : "another one");
    return;
  }
  if (building_) {
    restartWanted_ = true;
    return;
  }
  std::vector<PassedOn> descriptors = listenSockets_.passedOn();
  descriptors.push_back(passedOnAdmin(config_.admin.listen, admin_->descriptor()));
  descriptors.push_back({deploying_->catalogLock(), kCatalogLockName});
  descriptors.push_back({deploying_->blobsLock(), kBlobsLockName});
  // Ours goes when it has been passed on: the other process overwrites what is in it.
  Descriptor ticketKeys;
  if (TlsServer* const tls = certificates_->server()) {
    auto made = passOnTicketKeys(tls->ticketKeys());
    if (made.has_error()) {
      spdlog::warn("{}; clients will make new ones", made.error().message);
    } else {
      ticketKeys = std::move(*made);
      descriptors.push_back({ticketKeys.number(), kTicketKeysName});
    }
  }
  auto started = Successor::start(*inheritance_.starter, std::move(descriptors));
  if (started.has_error()) {
    spdlog::error("the restart has failed: {}; this process goes on", started.error().message);
    return;
  }
  successor_.emplace(std::move(*started));
  spdlog::info("restarting: process {} is to take this one's place", successor_->process());
  successorChannel_ = std::make_unique<HandOverChannel>(context_, successor_->takeChannel());
  successorChannel_->listen([this](std::optional<HandOverWord> word) { onSuccessorWord(word); });
  restartTimer_.expires_after(config_.server.restartTimeout);
  restartTimer_.async_wait([this](const boost::system::error_code& error) {
    if (error || !successor_) return;
    failRestart(successor_->process(), "was not ready within " +
                                           std::to_string(config_.server.restartTimeout.count()) +
                                           " ms (restart_timeout_ms)");
  });
}

void Server::onSuccessorWord(std::optional<HandOverWord> word) {
  if (!successor_) return;
  if (word == HandOverWord::prepared) {
    closeChanges();
  } else if (word == HandOverWord::ready) {
    handOver();
  } else {
    const pid_t process = successor_->process();
    successorChannel_.reset();  // one that waits for this process ends by that
    failRestart(process, successor_->end());
  }
}

/// From here until it has failed or this process ends, the data folder stays as it is.
void Server::closeChanges() {
  deploying_->closeChanges([this] {
    asio::post(context_, [this] {
      if (successor_) successorChannel_->say(HandOverWord::takeOver);
    });
  });
  quietTimer_.expires_after(kChangesPatience);
  quietTimer_.async_wait([this](const boost::system::error_code& error) {
    if (!error && successor_) deploying_->interruptChanges();
  });
}

/// The successor accepts connections from the same sockets.
void Server::handOver() {
  const pid_t process = successor_->process();
  watchSuccessor();
  successor_->release();
  successor_.reset();
  restartTimer_.cancel();
  spdlog::info("process {} has taken this one's place", process);
  manager_.notify("MAINPID=" + std::to_string(process));
  beginDrain();
  // Who has just connected to it is to be answered, too.
  ++toDrain_;
  admin_->finish(config_.server.drainIdle,
                 [this] { asio::post(context_, [this] { onPartDrained(); }); });
  quietTimer_.expires_after(config_.server.drainIdle + kLateDeadline);
  quietTimer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) successorChannel_->say(HandOverWord::quiet);
  });
}

void Server::watchSuccessor() {
  Descriptor handle = successor_->handle();
  if (!handle) return;
  successorEnd_.assign(handle.release());
  successorEnd_.async_wait(
      asio::posix::descriptor_base::wait_read,
      [this, process = successor_->process()](const boost::system::error_code& error) {
        if (!error) onSuccessorEnded(process);
      });
}

/// Whoever looks after the service starts it anew when this process has ended, too.
void Server::onSuccessorEnded(pid_t process) {
  siginfo_t end{};
  // Left to whom it goes to with this process' end: systemd learns from it that its service failed.
  if (::waitid(P_PID, static_cast<id_t>(process), &end, WEXITED | WNOHANG | WNOWAIT) != 0) return;
  // One that ended well was told to, or has a successor itself.
  if (end.si_pid != process || (end.si_code == CLD_EXITED && end.si_status == 0)) return;
  spdlog::error(
      "process {}, which took this one's place, has ended by itself: nobody accepts connections "
      "now; what is in flight here has {} ms, so that skiffd can be started anew",
      process, kHurriedDrain.count());
  status_ = 1;
  endDrainAfter(kHurriedDrain);
}

void Server::failRestart(pid_t process, const std::string& why) {
  giveUpSuccessor();
  spdlog::error("the restart has failed: the new process {} {}; this one goes on", process, why);
  if (mayChangeState_) deploying_->openChanges();
  doWhatWaited();
}

void Server::giveUpSuccessor() {
  if (!successor_) return;
  successorChannel_.reset();
  successor_.reset();
  restartTimer_.cancel();
  quietTimer_.cancel();
}

// Whoever watches over the service.

/// As long as every shard goes round its loop, and this one does.
void Server::scheduleWatchdog() {
  const auto time = manager_.watchdog();
  if (!time) return;
  watchdogTimer_.expires_after(*time / kWatchdogLooks);
  watchdogTimer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    bool alive = true;
    std::vector<std::uint64_t> ticks;
    for (const auto& shard : shards_) ticks.push_back(shard->readings().ticks);
    for (std::size_t i = 0; i < shardTicks_.size(); ++i)
      alive = alive && ticks[i] != shardTicks_[i];
    shardTicks_ = std::move(ticks);
    if (alive) manager_.notify("WATCHDOG=1");
    scheduleWatchdog();
  });
}

}  // namespace skiff
