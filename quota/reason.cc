#include "quota/reason.h"

#include <array>
#include <cassert>

namespace skiff {
namespace {

struct Description {
  Reason reason;
  std::string_view word;
  int status;
  unsigned retryAfter;  // seconds; 0: no Retry-After
  std::string_view title;
};

constexpr std::array<Description, kReasonCount> kDescriptions{{
    {Reason::none, "", 200, 0, ""},
    {Reason::noRoute, "no_route", 404, 0, "No app answers at this address."},
    {Reason::rateLimit, "rate_limit", 429, 1, "Too many requests in too short a time."},
    {Reason::concurrencyLimit, "concurrency_limit", 429, 1,
     "Too many requests are in progress at once."},
    {Reason::cpuQuota, "cpu_quota", 429, 1, "The app has used up its share of CPU time for now."},
    {Reason::bodyTooLarge, "body_too_large", 413, 0,
     "The request's body is larger than the app accepts."},
    {Reason::headersTooLarge, "headers_too_large", 431, 0,
     "The request's header fields are too many or too large."},
    {Reason::uriTooLong, "uri_too_long", 414, 0, "The request's target is too long."},
    {Reason::badRequest, "bad_request", 400, 0, "The request is not well-formed HTTP."},
    {Reason::requestTimeout, "request_timeout", 408, 0, "The request did not arrive in time."},
    {Reason::cpuLimit, "cpu_limit", 503, 0, "The app used more CPU time than one request may."},
    {Reason::memoryLimit, "memory_limit", 503, 0, "The app needs more memory than it may use."},
    {Reason::wallLimit, "wall_limit", 504, 0, "The app did not answer in time."},
    {Reason::guestTrap, "guest_trap", 502, 0, "The app crashed."},
    {Reason::guestExit, "guest_exit", 502, 0, "The app exited with an error."},
    {Reason::badResponse, "bad_response", 502, 0,
     "The app's answer is not a well-formed response."},
    {Reason::notReady, "not_ready", 503, 1, "The app is still being prepared."},
    {Reason::overloaded, "overloaded", 503, 1, "The server has no room for this request now."},
    {Reason::originError, "origin_error", 502, 0, "The app's origin did not answer properly."},
    {Reason::clientGone, "client_gone", 499, 0,
     "The client went away before the answer was complete."},
    {Reason::drained, "drained", 503, 0, "The server is shutting down and ended this request."},
    {Reason::misdirected, "misdirected", 421, 0,
     "The request's host does not belong to the certificate of its connection."},
}};

constexpr bool isInOrder() {
  for (std::size_t i = 0; i < kDescriptions.size(); ++i) {
    if (static_cast<std::size_t>(kDescriptions[i].reason) != i) return false;
  }
  return true;
}
static_assert(isInOrder(), "the table is indexed by Reason: one row each, in the enum's order");

const Description& describe(Reason reason) {
  const auto index = static_cast<std::size_t>(reason);
  assert(index < kReasonCount);
  return kDescriptions[index];
}

}  // namespace

std::string_view reasonWord(Reason reason) {
  return describe(reason).word;
}
int reasonStatus(Reason reason) {
  return describe(reason).status;
}
std::string_view reasonTitle(Reason reason) {
  return describe(reason).title;
}
bool reasonIsLimit(Reason reason) {
  switch (reason) {
    case Reason::rateLimit:
    case Reason::concurrencyLimit:
    case Reason::cpuQuota:
    case Reason::bodyTooLarge:
    case Reason::headersTooLarge:
    case Reason::uriTooLong:
    case Reason::cpuLimit:
    case Reason::memoryLimit:
    case Reason::wallLimit:
    case Reason::overloaded:
      return true;
    default:
      return false;
  }
}
unsigned reasonRetryAfter(Reason reason) {
  return describe(reason).retryAfter;
}

}  // namespace skiff
