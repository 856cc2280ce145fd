#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "config/config.h"
#include "config/result.h"
#include "server/http/listen_socket.h"
#include "server/restart/passed_descriptors.h"
#include "server/restart/successor.h"

namespace skiff {

/// All sockets that a daemon listens on. They are kept while it lives, so that they can be passed
/// on: a connection that waits in a socket's queue is lost when the last descriptor of that very
/// socket is closed, however many others share its address.
class ListenSockets {
 public:
  /// For each address of the configuration those of `passed` that are bound to it, or, if there are
  /// none, `shards` new ones. What was passed and is bound to none of the addresses is left there.
  static Result<ListenSockets> open(const ServerConfig& server, std::size_t shards,
                                    PassedDescriptors& passed);

  /// What each shard is to accept on, copies: together they have all sockets. Where there are more
  /// shards than sockets, several share one.
  Result<std::vector<std::vector<ListenSocket>>> ofShards(std::size_t shards) const;
  /// What goes to a successor.
  std::vector<PassedOn> passedOn() const;
  /// Whether some were passed to this process.
  bool hasPassed() const { return hasPassed_; }
  void close() { groups_.clear(); }

 private:
  /// One address.
  struct Group {
    bool anyPort = false;  ///< the configuration leaves the port to the system
    std::vector<ListenSocket> sockets;
  };

  Result<void> add(const ListenAddress& address, ListenSocket::Speaks speaks, std::size_t shards,
                   PassedDescriptors& passed);

  std::vector<Group> groups_;
  bool hasPassed_ = false;
};

/// The admin listener's among `passed`; empty if there is none.
Descriptor takeAdminSocket(const ListenAddress& address, PassedDescriptors& passed);
/// That, or else a new one, which is bound and does not listen yet: who connects is refused.
Result<Descriptor> openAdminSocket(const ListenAddress& address, PassedDescriptors& passed);
/// What it is called when it is passed on.
PassedOn passedOnAdmin(const ListenAddress& configured, int descriptor);

/// Where a descriptor that was passed listens; nothing if it is no TCP socket that listens.
std::optional<ListenAddress> listeningAddress(int descriptor);

}  // namespace skiff
