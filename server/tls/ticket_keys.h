#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

namespace skiff {

/// The keys that session tickets (RFC 5077; RFC 8446, 4.6.1) are sealed with: one for all shards
/// and certificates, so that a client may resume wherever its next connection ends up. Random, in
/// memory only (a successor's too: restart/passed_ticket_keys.h), replaced every kRotation and
/// forgotten when no ticket sealed with them is valid any more; who gets hold of one reads at most
/// what was said over TLS 1.2 meanwhile. Any thread.
class TicketKeys {
 public:
  static constexpr std::size_t kNameSize = 16;
  static constexpr std::chrono::hours kRotation{1};
  /// How long a ticket may be used.
  static constexpr std::chrono::hours kLifetime{2};
  /// Keys that are known at a time.
  static constexpr std::size_t kMost = kLifetime / kRotation + 2;

  using Time = std::chrono::steady_clock::time_point;
  using Clock = Time (*)();

  struct Key {
    Key() = default;
    Key(const Key&) = default;
    Key& operator=(const Key&) = default;
    ~Key();  ///< wipes it

    std::array<std::uint8_t, kNameSize> name;
    std::array<std::uint8_t, 32> cipher;  ///< AES-256-CBC
    std::array<std::uint8_t, 32> mac;     ///< HMAC-SHA256
    Time made;
  };

  explicit TicketKeys(Clock clock = std::chrono::steady_clock::now) : clock_(clock) {}

  /// The key for new tickets; nothing if the system gives no randomness.
  std::optional<Key> current();
  struct Found {
    Key key;
    bool isCurrent;  ///< else the client should be given a new ticket
  };
  /// The key that a ticket names.
  std::optional<Found> find(std::span<const std::uint8_t, kNameSize> name);

  /// All, the newest first: for a process on this machine that goes on with them.
  std::vector<Key> all() const;
  /// These instead, in that order. Those that this clock has not come to are left out, as those
  /// are that are too old.
  void adopt(std::span<const Key> keys);

 private:
  // REQUIRES: mutex_ is held.
  void rotate();
  void forgetOld(Time now);

  const Clock clock_;
  mutable std::mutex mutex_;
  std::deque<Key> keys_;  ///< the newest first
};

}  // namespace skiff
