#pragma once

#include <cstdint>
#include <utility>

#include "config/config.h"
#include "config/result.h"

namespace skiff {

/// A bound, listening TCP socket with SO_REUSEPORT, so that every shard has its own for the same
/// address and the kernel spreads connections over them. Owns the descriptor.
class ListenSocket {
 public:
  enum class Speaks : std::uint8_t { http, tls };
  /// Binds and listens. For port 0, open one, then open the other shards' at its address(). The
  /// error says which address and what to do. Another process of the same user that listens with
  /// SO_REUSEPORT too is not noticed.
  static Result<ListenSocket> open(const ListenAddress& address, Speaks speaks = Speaks::http);

  /// One that somebody else opened, listening, at `address`.
  static ListenSocket adopt(int descriptor, const ListenAddress& address, Speaks speaks);
  /// Another descriptor of the same socket: the two share its queue of connections.
  Result<ListenSocket> duplicate() const;

  ListenSocket(ListenSocket&& other) noexcept
      : descriptor_(std::exchange(other.descriptor_, -1)),
        address_(std::move(other.address_)),
        speaks_(other.speaks_) {}
  ListenSocket& operator=(ListenSocket&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    std::swap(address_, other.address_);
    std::swap(speaks_, other.speaks_);
    return *this;
  }
  ~ListenSocket();

  const ListenAddress& address() const { return address_; }  ///< with the port that was bound
  Speaks speaks() const { return speaks_; }
  int descriptor() const { return descriptor_; }  ///< stays its own
  /// Gives the descriptor away: it is the caller's to close.
  int release() { return std::exchange(descriptor_, -1); }

 private:
  ListenSocket(int descriptor, ListenAddress address, Speaks speaks)
      : descriptor_(descriptor), address_(std::move(address)), speaks_(speaks) {}

  int descriptor_ = -1;
  ListenAddress address_;
  Speaks speaks_;
};

}  // namespace skiff
