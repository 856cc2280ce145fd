#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "config/config.h"
#include "config/result.h"
#include "server/admin/admin_hooks.h"
#include "server/admin/admin_limits.h"
#include "server/api/api.h"
#include "server/tls/admin_certificate.h"

namespace skiff {

/// The listener for operators and monitoring: what it answers is in admin_routes.h, and the API
/// under /v1. It has a thread of its own, so that it answers also while every shard is busy, and
/// threads beside it for the API's work, so that monitoring never waits for that. Only the API asks
/// for a token; beyond loopback addresses it speaks TLS only, and may ask for clients'
/// certificates.
///
/// All functions are called by the thread that owns the object.
class AdminServer {
 public:
  /// Port 0 takes a free one. Nothing is opened before start(). `api`: null, or it outlives this.
  /// `certificate`: for TLS; null: none.
  AdminServer(AdminHooks hooks, ListenAddress address, Api* api = nullptr, AdminLimits limits = {},
              std::shared_ptr<const AdminCertificate> certificate = nullptr);
  ~AdminServer();  ///< stops
  AdminServer(const AdminServer&) = delete;
  AdminServer& operator=(const AdminServer&) = delete;

  /// Binds and starts to answer. Fails, and says what to do, if the address cannot be bound, or is
  /// not a loopback address and there is no TLS. `socket`: one that is bound to it and listens
  /// already, which becomes the server's; -1: none. REQUIRES: called once.
  Result<void> start(int socket = -1);
  /// The listening socket's descriptor, which stays the server's. REQUIRES: start() succeeded, and
  /// nothing was stopped yet.
  int descriptor() const { return descriptor_; }
  /// For the connections that begin from now on; the others keep theirs. REQUIRES: start()
  /// succeeded, with a certificate.
  void replaceCertificate(std::shared_ptr<const AdminCertificate> certificate);
  /// Accepts nothing more from now on, and lets the next answer of each connection be its last;
  /// what is left after `idle` is stopped. Does not wait for that: `finished` is called on another
  /// thread when nobody is left. REQUIRES: start() succeeded, nothing was stopped yet.
  void finish(std::chrono::milliseconds idle, std::function<void()> finished);
  /// The port that is bound. REQUIRES: start() succeeded.
  std::uint16_t port() const { return port_; }
  /// Accepts nothing more, finishes the answers that are being sent, at most 2 s long, ends the
  /// threads, and returns when what the API does at the moment is done. May be called again, and
  /// without start().
  void stop();

 private:
  class Listener;

  AdminHooks hooks_;
  ListenAddress address_;
  Api* api_;
  AdminLimits limits_;
  std::shared_ptr<const AdminCertificate> certificate_;
  std::uint16_t port_ = 0;
  int descriptor_ = -1;
  std::unique_ptr<Listener> listener_;
};

}  // namespace skiff
