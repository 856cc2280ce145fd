#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "config/config.h"

namespace skiff {

/// What connections of HTTP/2 are held to besides. Per connection.
struct Http2Limits {
  bool enabled = true;          ///< offered to clients that come over TLS
  bool cleartext = false;       ///< spoken without TLS, to clients that begin with it
  std::uint32_t streams = 100;  ///< open at a time
  std::uint32_t resets = 200;   ///< of streams by the client or for its faults, in ten seconds
  std::uint32_t controlFrames = 1'000;  ///< without use, in ten seconds
  std::uint32_t continuations = 8;      ///< CONTINUATION frames of one block of fields
  std::size_t window = 1 << 20;         ///< bytes of bodies that guests have not read yet
  std::size_t unsent = 4 << 20;  ///< bytes of answers that wait, beyond which streams are refused
};

/// What the HTTP front end holds every client to. The defaults are ServerConfig's; a ServerConfig
/// that was checked gives usable limits.
struct HttpLimits {
  std::size_t uri = 8 << 10;       ///< bytes of the request target; beyond: 414
  std::size_t headers = 32 << 10;  ///< bytes of all header fields together; beyond: 431
  std::size_t headerCount = 100;   ///< number of header fields; beyond: 431

  std::chrono::milliseconds handshakeTimeout{10'000};  ///< of TLS, from the connection's beginning
  std::chrono::milliseconds headerTimeout{10'000};  ///< first byte of a request to end of its head
  std::chrono::milliseconds bodyTimeout{30'000};    ///< longest pause while a body is awaited
  std::chrono::milliseconds writeTimeout{30'000};   ///< longest pause while a client takes nothing
  std::chrono::milliseconds idleTimeout{60'000};    ///< between requests of a connection

  /// What an idle connection has for one more request when the front end drains; 0: it is closed.
  std::chrono::milliseconds partingTimeout{1'000};

  std::uint32_t connectionsPerAddress = 4'096;
  std::uint32_t maxConnections = 65'536;

  Http2Limits http2;

  /// Bytes held per exchange and direction before the other side has to wait.
  static constexpr std::size_t kBuffer = 64 << 10;
  /// Rest of an unread request body that is read and dropped so that the connection can be kept.
  static constexpr std::size_t kDrain = 64 << 10;
  /// Bytes of an answer's head that a guest may fill; beyond: bad_response.
  static constexpr std::size_t kResponseHead = 64 << 10;
  /// Largest body of an origin that is collected for a guest that wants to see it whole.
  static constexpr std::size_t kOriginBody = 16 << 20;
  /// How long a connection that is being closed waits for the client to stop sending, so that the
  /// last answer is not lost to a reset.
  static constexpr std::chrono::milliseconds kLinger{2'000};

  /// How often a connection whose input is full is looked at: is the client still there?
  static constexpr std::chrono::milliseconds kProbe{1'000};

  static HttpLimits from(const ServerConfig& server) {
    HttpLimits limits;
    limits.uri = server.maxUri.bytes();
    limits.headers = server.maxHeaders.bytes();
    limits.headerCount = server.maxHeaderCount;
    limits.handshakeTimeout = server.handshakeTimeout;
    limits.headerTimeout = server.headerTimeout;
    limits.bodyTimeout = server.bodyTimeout;
    limits.writeTimeout = server.writeTimeout;
    limits.idleTimeout = server.idleTimeout;
    limits.partingTimeout = server.drainIdle;
    limits.connectionsPerAddress = server.connectionsPerAddress;
    limits.maxConnections = server.maxConnections;
    limits.http2.enabled = server.http2;
    limits.http2.cleartext = server.http2Cleartext;
    limits.http2.streams = server.http2Streams;
    limits.http2.resets = server.http2Resets;
    limits.http2.controlFrames = server.http2ControlFrames;
    limits.http2.continuations = server.http2Continuations;
    limits.http2.window = server.http2Window.bytes();
    limits.http2.unsent = server.http2Unsent.bytes();
    return limits;
  }

  /// Bytes that a head within the limits can take: request line, fields and what separates them.
  std::size_t largestHead() const { return uri + headers + 1024; }
  /// How often deadlines are looked at: often enough to be late by a quarter at most.
  std::chrono::milliseconds tick() const {
    const auto parting = partingTimeout.count() == 0 ? kLinger : partingTimeout;
    const auto shortest = std::min({handshakeTimeout, headerTimeout, bodyTimeout, writeTimeout,
                                    idleTimeout, kLinger, parting});
    return std::clamp(shortest / 4, std::chrono::milliseconds(2), std::chrono::milliseconds(500));
  }
};

}  // namespace skiff
