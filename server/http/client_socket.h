#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <utility>

namespace skiff {

/// A client's connected socket, non-blocking; owns its descriptor. Any thread, one at a time.
class ClientSocket {
 public:
  explicit ClientSocket(int descriptor) : descriptor_(descriptor) {}
  ~ClientSocket() { close(); }
  ClientSocket(ClientSocket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  ClientSocket(const ClientSocket&) = delete;
  ClientSocket& operator=(const ClientSocket&) = delete;

  int descriptor() const { return descriptor_; }  ///< -1 once it is closed
  void close();
  /// Closes it with RST: what the client has not been sent yet is lost, and it knows.
  void reset();
  void shutDownSending();
  /// The end that the client has connected to.
  boost::asio::ip::tcp::endpoint localEndpoint() const;

 private:
  int descriptor_;
};

}  // namespace skiff
