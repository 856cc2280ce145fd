#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "server/origin/origin_connector.h"
#include "tests/server/http/wire_server.h"

namespace skiff {

/// A client, a front end that forwards, and an origin that the test plays, all in one thread: whose
/// bytes come first and in which pieces is the test's to say.
class OriginWire {
 public:
  explicit OriginWire(HttpLimits limits = {});
  ~OriginWire();
  OriginWire(const OriginWire&) = delete;
  OriginWire& operator=(const OriginWire&) = delete;

  /// The front end's, for further clients.
  std::uint16_t port() const { return server_.port(); }

  /// Sends, and runs what follows from it.
  void sendFromClient(std::string_view bytes);
  /// On the connection of this number, in the order in which they were made.
  void sendFromOrigin(std::string_view bytes, std::size_t connection = 0);
  void endClient();
  void endOrigin();
  /// Runs what follows from what was sent, having waited for it a little.
  void settle();

  const std::string& client() const { return client_->received(); }
  WireSocket::End clientEnd() const { return client_->end(); }
  /// What the origin was sent on the connection that was made first ("" before), and whether that
  /// still stands.
  std::string origin() const;
  WireSocket::End originEnd() const;
  /// What it was sent on each connection.
  std::vector<std::string> origins() const;
  std::size_t originConnections() const { return peers_.size(); }

 private:
  void receive();

  WireServer server_;
  WireListener listener_;
  HttpOriginConnector connector_;
  std::unique_ptr<WireSocket> client_;
  std::vector<WireSocket> peers_;
};

}  // namespace skiff
