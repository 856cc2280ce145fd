#include "isolate/abi/growth.h"

#include <array>

#include "isolate/host_context.h"

namespace skiff {
namespace {

constexpr std::uint64_t kPage = 65'536;

HostResult mayGrow(HostContext& context, const std::uint32_t* slots) {
  const std::uint64_t bytes = slots[0] * kPage;
  // Above its own limit the engine refuses.
  if (bytes > context.settings().memory.bytes()) return HostResult::value(0);
  if (context.memory().size() + bytes > context.settings().memory.bytes()) {
    return HostResult::value(0);
  }
  return HostResult::value(context.memory().takeFromTotal(bytes) ? 1 : 0);
}

}  // namespace

const HostModule& growthModule() {
  static constexpr std::array<HostFunction, 1> kFunctions{{{kMayGrow, "i", 'i', false, mayGrow}}};
  static constexpr HostModule kModule{"skiff", kFunctions};
  return kModule;
}

}  // namespace skiff
