#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace skiff {

/// The fixed word that names which limit or fault ended a request. The same word is in the
/// response's `skiff-reason`, in the access log and in the metrics.
enum class Reason : std::uint8_t {
  none,
  noRoute,
  rateLimit,
  concurrencyLimit,
  cpuQuota,
  bodyTooLarge,
  headersTooLarge,
  uriTooLong,
  badRequest,
  requestTimeout,  ///< the client did not finish its request in time (408)
  cpuLimit,
  memoryLimit,
  wallLimit,
  guestTrap,
  guestExit,
  badResponse,
  notReady,
  overloaded,
  originError,
  clientGone,   ///< the client went away before the answer was complete (499, only in log and
                ///< metrics)
  drained,      ///< still running when the drain's deadline came (503)
  misdirected,  ///< the host is not one of the connection's certificate (421)
};
inline constexpr std::size_t kReasonCount = static_cast<std::size_t>(Reason::misdirected) + 1;

/// "no_route"; empty for `none`.
std::string_view reasonWord(Reason reason);
/// The status a refusal or kill for this reason answers with; 200 for `none`.
int reasonStatus(Reason reason);
/// One sentence for the client: what happened, without internals.
std::string_view reasonTitle(Reason reason);
/// Whether a limit that can be set, or that the server has, was reached.
bool reasonIsLimit(Reason reason);
/// Seconds for Retry-After, 0 if the answer carries none.
unsigned reasonRetryAfter(Reason reason);

}  // namespace skiff
