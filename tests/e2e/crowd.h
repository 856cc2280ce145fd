#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace skiff::e2e {

/// Clients that hold connections without much use for them.
struct CrowdPlan {
  std::uint16_t port = 0;
  std::string host;
  std::size_t idle = 0;  ///< connections that ask once and are then kept, silent
  std::size_t slow = 0;  ///< connections that send their request's head byte by byte, for ever
  std::chrono::milliseconds pause{1'000};  ///< between two bytes of a slow one
  unsigned firstSource =
      1;  ///< the connections come from 127.0.N.1, N from this on: 2,000 from each
};

/// Holds the connections until standard input ends; a slow one that the server has ended is begun
/// anew. Says "there" on standard output once all are open and the idle ones have been answered,
/// and at the end one line of figures, which CrowdReport reads. 0, or 1 if not all could be opened:
/// then it says why on standard error.
int runCrowd(const CrowdPlan& plan);

/// What became of a crowd. Ages are from a connection's first byte.
struct CrowdReport {
  std::size_t idleLost = 0;      ///< of the idle ones, ended by the server
  std::size_t idleEarliest = 0;  ///< their least age, in milliseconds
  std::size_t idleLatest = 0;
  std::size_t slowEnded = 0;  ///< of the slow ones, ended by the server, begun anew each time
  std::size_t slowTold = 0;   ///< of these, with status 408
  std::size_t slowEarliest = 0;
  std::size_t slowLatest = 0;

  std::string text() const;
  /// Of what text() gave.
  static CrowdReport of(const std::string& text);
};

}  // namespace skiff::e2e
