#include "server/http/connection_ledger.h"

#include <cstring>

namespace skiff {

std::size_t ConnectionLedger::Hash::operator()(const ClientAddress& address) const {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  std::memcpy(&high, address.bytes.data(), sizeof(high));
  std::memcpy(&low, address.bytes.data() + 8, sizeof(low));
  std::uint64_t mixed = (high ^ (low * 0x9e3779b97f4a7c15u)) * 0xbf58476d1ce4e5b9u;
  mixed ^= mixed >> 32;
  return static_cast<std::size_t>(mixed);
}

ConnectionLedger::Verdict ConnectionLedger::enter(const ClientAddress& address) {
  if (total_.load(std::memory_order_relaxed) >= maxConnections_) return Verdict::tooMany;
  Part& part = partOf(address);
  const std::scoped_lock lock(part.mutex);
  std::uint32_t& count = part.counts[address];  // may throw: nothing has been counted yet
  Verdict verdict = Verdict::admitted;
  if (count >= perAddress_) {
    verdict = Verdict::tooManyOfAddress;
  } else if (total_.fetch_add(1, std::memory_order_relaxed) >= maxConnections_) {
    // Counted first and taken back, so that two shards cannot both take the last place.
    total_.fetch_sub(1, std::memory_order_relaxed);
    verdict = Verdict::tooMany;
  } else {
    ++count;
  }
  if (count == 0) part.counts.erase(address);
  return verdict;
}

void ConnectionLedger::leave(const ClientAddress& address) {
  {
    Part& part = partOf(address);
    const std::scoped_lock lock(part.mutex);
    const auto found = part.counts.find(address);
    if (found != part.counts.end() && --found->second == 0) part.counts.erase(found);
  }
  total_.fetch_sub(1, std::memory_order_relaxed);
}

}  // namespace skiff
