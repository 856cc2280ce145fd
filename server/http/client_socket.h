#pragma once

#include <sys/socket.h>

#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include "server/tls/tls_session.h"

namespace skiff {

/// A client's connected socket, non-blocking, and the TLS that is spoken over it, if any; owns its
/// descriptor. Any thread, one at a time.
class ClientSocket {
 public:
  explicit ClientSocket(int descriptor) : descriptor_(descriptor) {}
  ~ClientSocket() { close(); }
  ClientSocket(ClientSocket&& other) noexcept
      : descriptor_(std::exchange(other.descriptor_, -1)), tls_(std::move(other.tls_)) {}
  ClientSocket(const ClientSocket&) = delete;
  ClientSocket& operator=(const ClientSocket&) = delete;

  int descriptor() const { return descriptor_; }  ///< -1 once it is closed

  /// Begins TLS, or goes on beginning it. If that fails, the socket is a plain one again, which
  /// should be closed. `session` lives as long as the socket is TLS, and until the next call here.
  TlsSession& startTls(TlsServer& server);
  void dropTls() { tls_.reset(); }
  /// The TLS that is spoken; nullptr for none.
  const TlsSession* tls() const { return tls_.get(); }

  /// As recv(2): what has arrived. Never waits.
  ssize_t receive(std::span<char> into) {
    if (tls_) [[unlikely]]
      return tls_->receive(into);
    return ::recv(descriptor_, into.data(), into.size(), MSG_DONTWAIT);
  }
  /// After receive() has given `got` bytes of `asked`: more may be there, of which no event tells.
  bool mayHoldMore(std::size_t got, std::size_t asked) const {
    if (tls_) [[unlikely]]
      return tls_->mayHoldMore();
    return got == asked;
  }
  /// After receive() would have blocked: it waits until the client takes bytes.
  bool receivingNeedsRoom() const { return tls_ != nullptr && tls_->needsRoom(); }
  /// As sendmsg(2): sends one piece, or the other behind it. Never waits. What is not taken is to
  /// be tried again as it is, or with more behind it.
  ssize_t send(const std::array<std::string_view, 2>& pieces) {
    if (pieces[1].empty() && !tls_) [[likely]]
      return ::send(descriptor_, pieces[0].data(), pieces[0].size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    return sendPieces(pieces);
  }
  /// The next receive() would only tell that the client has gone.
  bool isAtEnd();

  void close();
  /// Closes it with RST: what the client has not been sent yet is lost, and it knows.
  void reset();
  /// False if the client has to take bytes first: then it is to be tried again.
  bool shutDownSending();
  /// The end that the client has connected to.
  boost::asio::ip::tcp::endpoint localEndpoint() const;

 private:
  ssize_t sendPieces(const std::array<std::string_view, 2>& pieces);

  int descriptor_;
  std::unique_ptr<TlsSession> tls_;
};

}  // namespace skiff
