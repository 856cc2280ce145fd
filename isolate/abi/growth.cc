#include "isolate/abi/growth.h"

#include <array>

#include "isolate/host_context.h"

namespace skiff {
namespace {

constexpr std::uint64_t kPage = 65'536;

HostResult mayGrow(HostContext& context, const std::uint32_t* slots) {
  const std::uint64_t bytes = (slots[0] & ~kGrowthFailed) * kPage;
  if ((slots[0] & kGrowthFailed) != 0) {
    context.memory().giveBackToTotal(bytes);
    return HostResult::value(0);
  }
  return HostResult::value(context.hasRoom(bytes) && context.memory().takeFromTotal(bytes) ? 1 : 0);
}

}  // namespace

const HostModule& growthModule() {
  static constexpr std::array<HostFunction, 1> kFunctions{{{kMayGrow, "i", 'i', false, mayGrow}}};
  static constexpr HostModule kModule{"skiff", kFunctions};
  return kModule;
}

}  // namespace skiff
