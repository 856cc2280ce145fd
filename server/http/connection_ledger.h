#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <unordered_map>
#include <utility>

namespace skiff {

/// A client's address without its port: 16 bytes, IPv4 as ::ffff:a.b.c.d. IPv6 clients count by
/// their /64, since one client has all of it.
struct ClientAddress {
  std::array<std::uint8_t, 16> bytes{};
  bool operator==(const ClientAddress&) const = default;
};

/// Counts the process's client connections, in all and by address, against their limits. One for
/// all shards. Callable from any thread; taken once per connection, not per request.
class ConnectionLedger {
 public:
  ConnectionLedger(std::uint32_t maxConnections, std::uint32_t connectionsPerAddress)
      : maxConnections_(maxConnections), perAddress_(connectionsPerAddress) {}

  enum class Verdict : std::uint8_t { admitted, tooMany, tooManyOfAddress };

  /// Counts a connection in if it may be: then leave() is due.
  Verdict enter(const ClientAddress& address);
  void leave(const ClientAddress& address);

  std::uint32_t connections() const { return total_.load(std::memory_order_relaxed); }

 private:
  struct Hash {
    std::size_t operator()(const ClientAddress& address) const;
  };
  struct Part {
    std::mutex mutex;
    std::unordered_map<ClientAddress, std::uint32_t, Hash> counts;
  };
  static constexpr std::size_t kParts = 16;
  Part& partOf(const ClientAddress& address) { return parts_[Hash()(address) % kParts]; }

  const std::uint32_t maxConnections_;
  const std::uint32_t perAddress_;
  std::atomic<std::uint32_t> total_{0};
  std::array<Part, kParts> parts_;
};

/// The place that a connection has in the ledger, from enter() on; counts it out at its end.
class LedgerPlace {
 public:
  /// REQUIRES: enter() has admitted it, and the ledger outlives this.
  LedgerPlace(ConnectionLedger& ledger, const ClientAddress& address)
      : ledger_(&ledger), address_(address) {}
  ~LedgerPlace() {
    if (ledger_ != nullptr) ledger_->leave(address_);
  }
  LedgerPlace(LedgerPlace&& other) noexcept
      : ledger_(std::exchange(other.ledger_, nullptr)), address_(other.address_) {}
  LedgerPlace(const LedgerPlace&) = delete;
  LedgerPlace& operator=(const LedgerPlace&) = delete;

 private:
  ConnectionLedger* ledger_;
  ClientAddress address_;
};

}  // namespace skiff
