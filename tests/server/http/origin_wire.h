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
  OriginWire();
  ~OriginWire();
  OriginWire(const OriginWire&) = delete;
  OriginWire& operator=(const OriginWire&) = delete;

  /// Sends, and runs what follows from it.
  void sendFromClient(std::string_view bytes);
  void sendFromOrigin(std::string_view bytes);
  void endClient();
  void endOrigin();
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

  WireServer server_{WireServer::Handling::forwards};
  WireListener listener_;
  HttpOriginConnector connector_;
  std::unique_ptr<WireSocket> client_;
  std::vector<WireSocket> peers_;
};

}  // namespace skiff
