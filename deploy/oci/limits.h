#pragma once

#include <chrono>
#include <cstddef>
#include <stop_token>

#include "config/byte_size.h"

namespace skiff {

/// What a pull may take: registries are not trusted to be sparing, quick or sane.
struct PullLimits {
  ByteSize manifest = 4_MiB;  ///< a manifest or index; registries take no larger ones either
  ByteSize config = 4_MiB;    ///< an image's configuration, or a Spin application
  ByteSize layer = 256_MiB;   ///< one layer, as it is stored
  ByteSize total = 1_GiB;     ///< all blobs of an artifact
  std::size_t layers = 128;
  std::chrono::milliseconds time{600'000};    ///< the whole pull
  std::chrono::milliseconds connect{10'000};  ///< one address of a host, TLS included
  std::chrono::milliseconds stall{30'000};    ///< without a byte; for a head: until it is complete
  // Tries of one request, and what lies between them: twice as long each time, cut at random.
  unsigned attempts = 5;
  std::chrono::milliseconds firstPause{250};
  std::chrono::milliseconds longestPause{10'000};
  /// What a Retry-After may ask for; beyond it there is no further try.
  std::chrono::milliseconds longestRetryAfter{60'000};
  /// Whether hosts that the configuration does not name may be on this machine, or on a network
  /// that is not public.
  bool privateHosts = false;
};

/// How long a caller waits.
struct PullPatience {
  std::stop_token stop;
  std::chrono::steady_clock::time_point deadline;
};

}  // namespace skiff
