#include "isolate/instance_budget.h"

#include <algorithm>
#include <fstream>

namespace skiff {
namespace {

// An instance with its image takes four mappings, two more for each stretch of hot pages (four at
// most) and for each page that a request faults in (eight at most), and two for the stack of a
// suspended guest.
constexpr std::size_t kMappingsPerInstance = 4 + 2 * 4 + 2 * 8 + 2;
// What the rest of the process uses: code, heaps of isolates, threads.
constexpr std::size_t kOtherMappings = 8'000;
// 47 bits of addresses at 8.4 GB an instance, with a tenth to spare.
constexpr std::size_t kAddressSpaceBound = 14'000;

}  // namespace

InstanceBudget::InstanceBudget() : limit_(kAddressSpaceBound) {
  std::size_t mappings = 65'530;
  std::ifstream("/proc/sys/vm/max_map_count") >> mappings;
  const std::size_t usable =
      mappings > 2 * kOtherMappings ? mappings - kOtherMappings : mappings / 2;
  limit_ = std::min(limit_, std::max<std::size_t>(64, usable / kMappingsPerInstance));
}

}  // namespace skiff
