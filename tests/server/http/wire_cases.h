#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/http/http_limits.h"
#include "tests/server/http/wire_server.h"

namespace skiff {

/// Bytes of a client and the one way in which they are read.
struct WireCase {
  std::string_view name;
  std::string_view bytes;
  /// What the handler was shown (WireServer::takeSeen(), joined by "; "), the statuses that the
  /// client got, and whether the connection goes on: "GET / a; POST /b a \"hi\" -> 200 200 open".
  /// Answers with 100 are left out: whether they are sent depends on what has arrived.
  std::string_view outcome;
  /// What the client does behind its bytes.
  enum class Then : std::uint8_t { waits, endsSending } then = Then::waits;
};

/// Refused before there is a request.
inline constexpr std::string_view k400 = "-> 400 closed";

/// Runs every case in one piece, cut in two at every byte (long ones at some bytes), byte by byte,
/// and cut at random (with a fixed seed): the outcome is always the same. Of what is refused, or
/// broken off by the client, an origin behind the front end never gets a whole request.
void expectOneReading(std::span<const WireCase> cases,
                      WireServer::Handling handling = WireServer::Handling::reads,
                      const HttpLimits& limits = {});

/// Ways to cut so many bytes into pieces: the offsets at which a piece ends, but for the last.
std::vector<std::vector<std::size_t>> waysToCut(std::size_t size);
/// The pieces.
std::vector<std::string_view> cutAt(std::string_view bytes, std::span<const std::size_t> cuts);

}  // namespace skiff
