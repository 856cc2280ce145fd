#pragma once

#include <string>
#include <string_view>

#include "tests/server/http/wire_server.h"

namespace skiff {

/// One client's connection to a WireServer that has no other. When it is over, the server has none.
class WireRun {
 public:
  explicit WireRun(WireServer& server);
  ~WireRun();
  WireRun(const WireRun&) = delete;
  WireRun& operator=(const WireRun&) = delete;

  /// Sends, and has the server take it in. False if it did not, though the connection is open.
  bool send(std::string_view piece);
  void finishSending();

  /// What has come of it so far: what the handler was shown (WireServer::takeSeen(), joined by ";
  /// "), " ->", the statuses that the client got, " waits" if a handler is at work, and " open", "
  /// closed" or " reset".
  std::string outcome();
  /// Everything that the client got.
  const std::string& received() const { return client_.received(); }
  WireSocket::End end() const { return client_.end(); }

 private:
  WireServer& server_;
  WireSocket client_;
  std::string seen_;
};

/// The statuses of the answers in `bytes`, without 100, each behind a blank. " cut" for one that is
/// not complete, " nonsense" for what is no answer.
std::string statusesIn(std::string_view bytes);

}  // namespace skiff
