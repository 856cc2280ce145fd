#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace skiff {

/// The server's end of one connection: plain blocking sockets, nothing between a test and the
/// bytes. A read or write that takes longer than ten seconds throws, as does an end that was not
/// expected.
class Peer {
 public:
  explicit Peer(int socket);
  ~Peer();
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  /// Everything up to and including `end`.
  std::string readUntil(std::string_view end);
  std::string readExactly(std::size_t size);
  /// A whole request head.
  std::string readHead() { return readUntil("\r\n\r\n"); }
  /// A chunked body, decoded.
  std::string readChunkedBody();
  void send(std::string_view bytes);
  /// Each byte in a segment of its own.
  void trickle(std::string_view bytes);
  /// How many bytes went out before the other side took no more for 300 ms, or all.
  std::size_t sendUntilStalled(std::string_view bytes);
  void close();
  /// Closes with RST.
  void reset();
  /// Returns when the other side has closed; false if bytes came instead.
  bool waitForClose();

 private:
  std::string receive();
  int socket_;
  std::string buffer_;
};

/// A TCP server on a free port of 127.0.0.1. The n-th connection is played by the n-th script, each
/// in its own thread.
class ScriptedOrigin {
 public:
  using Script = std::function<void(Peer&)>;
  explicit ScriptedOrigin(std::vector<Script> scripts);
  /// Waits for the scripts that have begun.
  ~ScriptedOrigin();

  std::uint16_t port() const { return port_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  int connections() const { return accepted_.load(); }
  /// Waits for the scripts; what went wrong in them, or "".
  std::string finish();

 private:
  void accept(std::vector<Script> scripts);
  void note(std::string_view error);

  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<bool> stopping_{false};
  std::atomic<int> accepted_{0};
  std::mutex mutex_;
  std::string errors_;
  std::vector<std::thread> players_;
  std::thread thread_;
};

}  // namespace skiff
