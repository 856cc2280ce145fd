#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

namespace skiff::soak {

/// The server that the app "proxy" fetches from: keeps its connections, answers "origin " and the
/// path. "/next/reset" it answers with a reset, "/next/garbage" with what is no HTTP. On a thread
/// of its own, until it is destroyed.
class Origin {
 public:
  Origin();
  ~Origin();
  Origin(const Origin&) = delete;
  Origin& operator=(const Origin&) = delete;

  std::uint16_t port() const { return port_; }
  static std::string answer(const std::string& path) { return "origin " + path + "\n"; }

 private:
  struct Peer {
    int socket = -1;
    std::string input;
  };
  void run();
  /// False: the connection is over.
  bool serve(Peer& peer);

  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<bool> stop_{false};
  std::vector<Peer> peers_;
  std::thread thread_;
};

}  // namespace skiff::soak
