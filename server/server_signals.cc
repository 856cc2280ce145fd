// What signals ask of a daemon.

#include <signal.h>
#include <spdlog/spdlog.h>

#include <boost/asio/signal_set.hpp>
#include <memory>
#include <string>

#include "server/server.h"

namespace skiff {
namespace {

namespace asio = boost::asio;

/// What ending may take once everything has drained, or been ended.
constexpr std::chrono::seconds kEndTime{15};

}  // namespace

void Server::awaitSignals() {
  const auto signals = std::make_shared<asio::signal_set>(context_, SIGTERM, SIGINT, SIGHUP);
  signals->add(SIGUSR1);
  signals->add(SIGUSR2);
  // The engine keeps it blocked, for a debugger that there is none of.
  sigset_t blocked;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGUSR1);
  ::pthread_sigmask(SIG_UNBLOCK, &blocked, nullptr);
  struct Waiter {
    Server& server;
    std::shared_ptr<asio::signal_set> signals;
    void operator()(const boost::system::error_code& error, int signal) {
      if (error) return;
      server.onSignal(signal);
      signals->async_wait(*this);
    }
  };
  signals->async_wait(Waiter{*this, signals});
}

void Server::onSignal(int signal) {
  switch (signal) {
    case SIGHUP:
      reopenLogs();
      reload();
      break;
    case SIGUSR1:
      reopenLogs();
      break;
    case SIGUSR2:
      beginRestart();
      break;
    default:
      if (draining_) {
        finishDrain();
      } else {
        giveUpSuccessor();
        const std::chrono::microseconds atMost = config_.server.drainTimeout + kEndTime;
        manager_.notify("STOPPING=1\nSTATUS=draining\nEXTEND_TIMEOUT_USEC=" +
                        std::to_string(atMost.count()));
        setState("draining");
        beginDrain();
      }
  }
}

void Server::reopenLogs() {
  if (const auto reopened = accessSink_->reopen(); reopened.has_error()) {
    spdlog::error("{}", reopened.error().message);
  }
}

}  // namespace skiff
