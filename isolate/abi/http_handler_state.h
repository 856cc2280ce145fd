#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "isolate/host_context.h"

namespace skiff::http_handler {

/// The bits of enable_features.
enum Feature : std::uint32_t {
  kBufferRequest = 1,  ///< what the guest reads of the request's body, the origin gets all the same
  kBufferResponse = 2,  ///< handle_response may read and replace the origin's body
  kTrailers = 4,
};
inline constexpr std::uint32_t kSupportedFeatures = kBufferRequest | kBufferResponse | kTrailers;

/// Which entry point the guest is in, or will be entered by.
enum class Phase : std::uint8_t { request, response };

/// Things that are worth one line in the app's log a request, not one a call.
enum Warning : std::uint8_t {
  kWarnCommitted = 1,
  kWarnFraming = 2,
};

/// What `http_handler` keeps for one request, shared by its functions and the ABI's steps.
struct HandlerState final : HostState {
  static constexpr HostStateSlot kSlot = HostStateSlot::httpHandler;
  /// Bytes that one request's guest may have copied into heads: they are kept until the request
  /// ends, also when they are overwritten.
  static constexpr std::size_t kMaxHeadText = 1 << 20;
  /// Fields that a guest may bring one header or trailer section to.
  static constexpr std::size_t kMaxFields = 1'000;

  explicit HandlerState(HostContext&) {}

  Phase phase = Phase::request;
  bool nextFailed = false;
  /// The word that handle_request passes to handle_response.
  std::uint32_t contextWord = 0;

  /// The client's body: whether its end was read, and whether bytes were read that nobody kept.
  bool requestEnded = false;
  bool requestLost = false;
  /// What was read of it while kBufferRequest was enabled.
  std::string requestCopy;
  std::optional<std::string> requestReplacement;

  /// Request phase: body bytes were written to the exchange; how many of the call that waits now.
  bool responseWritten = false;
  std::size_t writeProgress = 0;
  /// Response phase: how much of the origin's body was read, and what replaces it.
  std::size_t responseRead = 0;
  std::optional<std::string> responseReplacement;
  bool statusSet = false;

  std::size_t headText = 0;
  std::uint8_t warned = 0;
};

}  // namespace skiff::http_handler
