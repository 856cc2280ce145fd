#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/intrusive/list.hpp>
#include <string>
#include <string_view>

#include "quota/reason.h"
#include "server/http/client_poller.h"
#include "server/http/client_socket.h"
#include "server/http/connection_ledger.h"

namespace skiff {

class Certificate;
struct ShardState;

/// One client's connection, whatever is spoken over it. Owned by its ShardState; destroys itself
/// through it once it is over. One thread.
class ClientConnection : public boost::intrusive::list_base_hook<>, protected PolledClient {
 public:
  virtual ~ClientConnection();
  ClientConnection(const ClientConnection&) = delete;
  ClientConnection& operator=(const ClientConnection&) = delete;

  // Each of these may destroy it.

  virtual void start() = 0;
  /// The shard has begun to drain.
  virtual void drain() = 0;
  /// Ends it now, with an answer for each exchange if the client takes it at once.
  virtual void abort(Reason reason) = 0;

 protected:
  struct Client {
    ClientSocket socket;
    boost::asio::ip::tcp::endpoint peer;
    LedgerPlace place;
  };
  ClientConnection(ShardState& shard, Client client);

  /// Acts upon what has happened, once the calls under way have returned. May destroy it.
  virtual void settle() = 0;
  virtual bool isClosed() const = 0;
  virtual void destroyIfDone() = 0;

  /// A settle() as an event of its own, one for all that happens before; none if one is under way.
  void settleLater();
  /// An event for what has arrived already, of which the poller will not tell.
  void receiveLater();
  /// Has the poller tell when the client has taken bytes.
  void awaitRoom();

  // The poller first: it must not tell of a socket that is another one's by then.

  void closeSocket();
  /// So that the client hears of it at once, by RST.
  void resetSocket();

  std::string_view sourceText() const;  ///< the client's end
  std::string_view serverText() const;  ///< ours; to be asked for before the socket is closed
  std::string_view date() const;
  const Certificate* shownCertificate() const;  ///< nullptr without TLS

  ShardState& shard_;
  ClientSocket socket_;
  const boost::asio::ip::tcp::endpoint peer_;
  LedgerPlace place_;
  unsigned operations_ = 0;  ///< asynchronous ones whose handler has not run
  unsigned depth_ = 0;       ///< settle() or a call out of it is under way

 private:
  bool posted_ = false;
  bool isToldOfRoom_ = false;  ///< the poller was asked to
  mutable std::string sourceText_;
  mutable std::string serverText_;
};

}  // namespace skiff
