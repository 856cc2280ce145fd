#pragma once

#include <atomic>
#include <cstdint>
#include <list>
#include <thread>

namespace skiff::bench {

/// The origin behind proxies: answers a request with its own body as it comes, or with a constant
/// of 15 bytes if it has none. HTTP/1.1 with Content-Length and connections that stay; a thread for
/// each, on the load's processor, so that the server's has the server alone.
class Origin {
 public:
  Origin();
  ~Origin();
  Origin(const Origin&) = delete;
  Origin& operator=(const Origin&) = delete;

  std::uint16_t port() const { return port_; }

 private:
  struct Connection {
    int socket;
    std::atomic<bool> ended = false;
    std::thread thread = {};
  };

  void accept();
  static void serve(int connection);
  static void close(Connection& connection);

  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::list<Connection> connections_;  ///< the acceptor's, until it has ended
  std::thread acceptor_;
};

}  // namespace skiff::bench
