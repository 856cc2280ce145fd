#pragma once

#include <sys/types.h>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "server/tls/tls_server.h"
#include "server/tls/tls_words.h"

namespace skiff {

struct SocketEnd;

/// TLS on a client's connected, non-blocking socket, which it does not own. Nothing here blocks.
///
/// Made for edge-triggered waiting: whoever calls is to call again at the socket's next event that
/// was waited for; where that would not come (OpenSSL has bytes in its own buffer, or did not look
/// whether there are more), the functions say so. After handshake() is done, receive() and send()
/// may wait for either direction: needsRoom() says that the last receive() waits for room.
///
/// Memory: some 13 KiB, and up to 34 KiB more while bytes are on their way; a client that sends
/// more than kHandshakeBytes before it has finished its handshake is cut off. One thread at a time.
class TlsSession {
 public:
  static constexpr std::size_t kHandshakeBytes = std::size_t{48} << 10;
  /// Messages without data between them (key updates, refused renegotiations) before the client is
  /// taken for hostile.
  static constexpr unsigned kQuietMessages = 16;

  /// Throws std::bad_alloc.
  TlsSession(TlsServer& server, int descriptor);
  ~TlsSession();
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  enum class Progress : std::uint8_t { done, needsBytes, needsRoom, failed };
  /// Goes on with the handshake as far as bytes have arrived. Takes up to a millisecond of CPU time
  /// where it signs.
  Progress handshake();
  /// The host that the client has named (SNI), in lower case, for the first who asks; empty before
  /// it has, and if it names none, or what is no host's name.
  std::string takeHostName() { return std::exchange(peer_.hostName, {}); }
  /// How the handshake ended. REQUIRES: done or failed.
  HandshakeOutcome outcome() const { return outcome_; }
  /// OpenSSL's words for what failed; static, may be empty.
  std::string_view failure() const { return failure_; }

  // REQUIRES: the handshake is done.

  /// As recv(2): the number of bytes, 0 once the client has said that it sends no more, or -1 with
  /// errno EAGAIN, or another if the connection is broken, which it also is if it ends without
  /// that word.
  ssize_t receive(std::span<char> into);
  /// After receive(): there may be more, of which no event will tell.
  bool mayHoldMore() const;
  /// The last receive() would block until the socket takes bytes.
  bool needsRoom() const { return needsRoom_; }
  /// As send(2). What would block is to be tried again with the same bytes, or with more behind
  /// them.
  ssize_t send(std::string_view bytes);
  /// The next receive() would only tell that the client has gone.
  bool isAtEnd();
  /// Says that no more is sent, once; false if the socket has no room for that word now. Says
  /// nothing on a broken connection, nor before the handshake is done.
  bool sendEnd();

  TlsVersion version() const;
  /// HTTP/2 is spoken over it, by ALPN.
  bool speaksHttp2() const;
  const Certificate& certificate() const { return *peer_.certificate; }

 private:
  struct Free {
    void operator()(ssl_st* ssl) const;
  };
  static void onMessage(int isWritten, int version, int type, const void* bytes, std::size_t size,
                        ssl_st* ssl, void* session);
  Progress fail(int error);
  ssize_t wouldBlock();
  ssize_t breakOff();

  TlsPeer peer_;
  std::unique_ptr<SocketEnd> socket_;
  std::unique_ptr<ssl_st, Free> ssl_;
  std::string_view failure_;
  unsigned quiet_ = 0;  ///< messages since the last data
  HandshakeOutcome outcome_ = HandshakeOutcome::timeout;
  bool established_ = false;
  bool needsRoom_ = false;
  bool broken_ = false;
  bool endSent_ = false;
};

}  // namespace skiff
