#pragma once

#include <cstdint>
#include <memory>

#include "config/config.h"
#include "config/result.h"
#include "server/admin/admin_hooks.h"

namespace skiff {

/// The listener for operators and monitoring: what it answers is in admin_routes.h. It has a thread
/// of its own, so that it answers also while every shard is busy. It speaks plain HTTP without
/// authentication and therefore serves loopback addresses only.
///
/// All functions are called by the thread that owns the object.
class AdminServer {
 public:
  /// Port 0 takes a free one. Nothing is opened before start().
  AdminServer(AdminHooks hooks, ListenAddress address);
  ~AdminServer();  ///< stops
  AdminServer(const AdminServer&) = delete;
  AdminServer& operator=(const AdminServer&) = delete;

  /// Binds and starts to answer. Fails, and says what to do, if the address is not a loopback
  /// address or cannot be bound. REQUIRES: called once.
  Result<void> start();
  /// The port that is bound. REQUIRES: start() succeeded.
  std::uint16_t port() const { return port_; }
  /// Accepts nothing more, finishes the answers that are being sent, at most 2 s long, and ends the
  /// thread. May be called again, and without start().
  void stop();

 private:
  class Listener;

  AdminHooks hooks_;
  ListenAddress address_;
  std::uint16_t port_ = 0;
  std::unique_ptr<Listener> listener_;
};

}  // namespace skiff
