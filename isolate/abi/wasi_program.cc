#include <array>
#include <string>

#include "isolate/abi/wasi_errno.h"
#include "isolate/abi/wasi_functions.h"

namespace skiff::wasi {
namespace {

/// Most random bytes of one call: it is not interrupted.
constexpr std::uint32_t kMaxRandom = 1 << 20;

struct Signal {
  std::string_view name;
  enum class Default : std::uint8_t { end, ignore, stop } effect;
};

/// By number, as `signal` of the specification has them.
constexpr std::array<Signal, 31> kSignals = {{
    {"none", Signal::Default::ignore}, {"hup", Signal::Default::end},
    {"int", Signal::Default::end},     {"quit", Signal::Default::end},
    {"ill", Signal::Default::end},     {"trap", Signal::Default::end},
    {"abrt", Signal::Default::end},    {"bus", Signal::Default::end},
    {"fpe", Signal::Default::end},     {"kill", Signal::Default::end},
    {"usr1", Signal::Default::end},    {"segv", Signal::Default::end},
    {"usr2", Signal::Default::end},    {"pipe", Signal::Default::end},
    {"alrm", Signal::Default::end},    {"term", Signal::Default::end},
    {"chld", Signal::Default::ignore}, {"cont", Signal::Default::ignore},
    {"stop", Signal::Default::stop},   {"tstp", Signal::Default::stop},
    {"ttin", Signal::Default::stop},   {"ttou", Signal::Default::stop},
    {"urg", Signal::Default::ignore},  {"xcpu", Signal::Default::end},
    {"xfsz", Signal::Default::end},    {"vtalrm", Signal::Default::end},
    {"prof", Signal::Default::end},    {"winch", Signal::Default::ignore},
    {"poll", Signal::Default::end},    {"pwr", Signal::Default::end},
    {"sys", Signal::Default::end},
}};

}  // namespace

HostResult procExit(HostContext& context, const std::uint32_t* slots) {
  return context.exit(static_cast<int>(slots[0]));
}

HostResult procRaise(HostContext& context, const std::uint32_t* slots) {
  if (slots[0] >= kSignals.size()) return answer(Errno::inval);
  const Signal& signal = kSignals[slots[0]];
  switch (signal.effect) {
    case Signal::Default::ignore:
      return answer(Errno::success);
    case Signal::Default::stop:
      return answer(Errno::notsup);
    case Signal::Default::end:
      break;
  }
  return context.trap("the program raised the signal '" + std::string(signal.name) + "'");
}

Errno schedYield(HostContext&, const std::uint32_t*) {
  return Errno::success;  // it has no other threads to yield to
}

Errno randomGet(HostContext& context, const std::uint32_t* slots) {
  if (slots[1] > kMaxRandom) return Errno::inval;
  const auto bytes = context.memory().slice(slots[0], slots[1]);
  if (!bytes) return Errno::fault;
  context.noteEntropy("randomness");
  context.environment().randomBytes(*bytes);
  return Errno::success;
}

}  // namespace skiff::wasi
