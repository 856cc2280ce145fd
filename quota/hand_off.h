#pragma once

#include <chrono>
#include <cstdint>

namespace skiff {

struct TenantQuota;

/// Gives what a thread carries (a shard's loop) to another thread when a guest holds it up. The one
/// that carried is then the guest's for as long as that computes, so tenants may have only so many.
///
/// All calls are quick, and come from the watchdog's thread or the one that carries, one at a time.
/// `tenant` is the guest's; nullptr:
/// nobody's, which counts as one of its own.
class HandOff {
 public:
  /// A guest that still holds up what the thread carries, after so much CPU time in which its
  /// tenant was refused a thread, is ended as overloaded: whoever waits for the shard does not
  /// pay for a tenant that has taken all that it may.
  static constexpr std::chrono::milliseconds kPatience{10};

  enum class Reserved : std::uint8_t {
    yes,
    no,       ///< no thread stands by; one may in a moment
    refused,  ///< the tenant has as many threads as it may, or there are no more for anyone
  };
  /// Sets a thread aside that could take over.
  virtual Reserved reserve(const TenantQuota* tenant) = 0;
  /// It was not needed. REQUIRES: reserved for this tenant.
  virtual void release(const TenantQuota* tenant) = 0;
  /// The thread that carried is away now, and counts as the tenant's until it is done with the
  /// guest: the one set aside goes on. REQUIRES: reserved for this tenant.
  virtual void takeOver(const TenantQuota* tenant) = 0;

 protected:
  ~HandOff() = default;
};

}  // namespace skiff
