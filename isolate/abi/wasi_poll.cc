#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <optional>

#include "isolate/abi/wasi_errno.h"
#include "isolate/abi/wasi_functions.h"
#include "isolate/abi/wasi_state.h"

namespace skiff::wasi {
namespace {

using std::chrono::nanoseconds;

constexpr std::uint32_t kMaxSubscriptions = 1'024;
/// Longest wait in one go: a later deadline is waited for again. Keeps times far from overflowing.
constexpr nanoseconds kMaxWait = std::chrono::hours(1);

struct Subscription {
  std::uint64_t userdata = 0;
  std::uint8_t type = 0;
  std::uint32_t subject = 0;  ///< the clock or the descriptor
  std::uint64_t timeout = 0;
  std::uint16_t flags = 0;
};

Subscription decode(std::span<const std::byte> from) {
  Subscription subscription;
  std::memcpy(&subscription.userdata, &from[0], sizeof subscription.userdata);
  std::memcpy(&subscription.type, &from[8], sizeof subscription.type);
  std::memcpy(&subscription.subject, &from[16], sizeof subscription.subject);
  std::memcpy(&subscription.timeout, &from[24], sizeof subscription.timeout);
  std::memcpy(&subscription.flags, &from[40], sizeof subscription.flags);
  return subscription;
}

struct Event {
  Errno error = Errno::success;
  std::uint64_t available = 0;
  std::uint16_t flags = 0;
};

std::array<std::byte, kEventSize> encode(const Subscription& subscription, const Event& event) {
  std::array<std::byte, kEventSize> bytes{};
  std::memcpy(&bytes[0], &subscription.userdata, sizeof subscription.userdata);
  std::memcpy(&bytes[8], &event.error, sizeof event.error);
  std::memcpy(&bytes[10], &subscription.type, sizeof subscription.type);
  std::memcpy(&bytes[16], &event.available, sizeof event.available);
  std::memcpy(&bytes[24], &event.flags, sizeof event.flags);
  return bytes;
}

/// Looks at subscriptions one after another: each has its event, or adds to what is waited for.
class Poll {
 public:
  /// `resumed`: the call has waited before.
  Poll(HostContext& context, nanoseconds began, bool resumed)
      : context_(context),
        state_(context.state<WasiState>()),
        began_(began),
        resumed_(resumed),
        passed_(resumed ? context.environment().monotonicTime() - began : nanoseconds::zero()) {}

  std::optional<Event> look(const Subscription& subscription) {
    switch (subscription.type) {
      case kClockEvent:
        return lookAtClock(subscription);
      case kReadEvent:
      case kWriteEvent:
        return lookAtDescriptor(subscription);
      default:
        return Event{.error = Errno::inval};
    }
  }

  HostResult wait() {
    state_.progress = {.began = began_};
    return state_.wait(waitsFor_, std::chrono::steady_clock::now() + longest_);
  }

 private:
  std::optional<Event> lookAtClock(const Subscription& subscription) {
    const bool realtime = subscription.subject == kRealtimeClock;
    if (!realtime && subscription.subject != kMonotonicClock) return Event{.error = Errno::inval};
    GuestClock& clock = context_.clock();
    const bool absolute = subscription.flags & kAbsoluteTime;
    const nanoseconds passed = !absolute  ? passed_
                               : realtime ? clock.realTime()
                                          : clock.monotonicTime();
    auto now = static_cast<std::uint64_t>(passed.count());
    if (now >= subscription.timeout) return Event{};
    // It may be over by the system's clock: then the guest's gets there by a short wait.
    if (absolute) now += static_cast<std::uint64_t>(clock.behind().count());
    // Nobody is there to wake a guest that initialises.
    if (!context_.canWait()) return Event{.error = Errno::notsup};

    const std::uint64_t left =
        std::min<std::uint64_t>(subscription.timeout - std::min(now, subscription.timeout),
                                static_cast<std::uint64_t>(kMaxWait.count()));
    longest_ = std::min(longest_, nanoseconds(static_cast<std::int64_t>(left)));
    waitsFor_ |= kWaitTime;
    return std::nullopt;
  }

  std::optional<Event> lookAtDescriptor(const Subscription& subscription) {
    const Descriptor* descriptor = state_.find(subscription.subject);
    if (!descriptor) return Event{.error = Errno::badf};
    const bool reads = subscription.type == kReadEvent;
    const Rights needed = kPollFdReadwrite | (reads ? kFdRead : kFdWrite);
    if ((descriptor->rights & needed) != needed) return Event{.error = Errno::notcapable};
    switch (descriptor->kind) {
      case Descriptor::Kind::input:
        return lookAtInput();
      case Descriptor::Kind::output:
        return lookAtOutput();
      case Descriptor::Kind::file:
        return Event{.available = reads ? bytesLeft(*descriptor->file) : 1};
      default:
        return Event{.available = 1};
    }
  }

  std::optional<Event> lookAtInput() {
    const auto ready = state_.process() ? state_.process()->inputReady() : 0;
    if (ready) return Event{.available = *ready, .flags = *ready == 0 ? kHangup : std::uint16_t{0}};
    waitsFor_ |= kWaitRequestBody;
    return std::nullopt;
  }

  std::optional<Event> lookAtOutput() {
    if (state_.outputFull && !resumed_) {
      waitsFor_ |= kWaitResponseRoom;
      return std::nullopt;
    }
    // After a wait it may be for another reason that the guest goes on: then its write finds no
    // room, and it polls again.
    state_.outputFull = false;
    return Event{.available = 1};
  }

  static std::uint64_t bytesLeft(File& file) {
    const auto position = file.seek(0, Whence::current);
    const auto stat = file.stat(Patience::cached);
    if (position.has_error() || stat.has_error()) return 0;
    return stat->size - std::min(stat->size, *position);
  }

  HostContext& context_;
  WasiState& state_;
  nanoseconds began_;
  bool resumed_;
  /// Since it began to wait. Read once for all subscriptions: how long the host took for those in
  /// front is not for the guest to know.
  const nanoseconds passed_;
  std::uint8_t waitsFor_ = kWaitNothing;
  nanoseconds longest_ = kMaxWait;
};

}  // namespace

HostResult pollOneoff(HostContext& context, const std::uint32_t* slots) {
  const std::uint32_t count = slots[2];
  if (count == 0 || count > kMaxSubscriptions) return answer(Errno::inval);
  GuestMemory& memory = context.memory();
  const auto in = memory.slice(slots[0], std::uint64_t{count} * kSubscriptionSize);
  const auto out = memory.slice(slots[1], std::uint64_t{count} * kEventSize);
  if (!in || !out || !memory.slice(slots[3], sizeof(std::uint32_t))) return answer(Errno::fault);

  WasiState& state = context.state<WasiState>();
  const bool resumed = state.progress.has_value();
  const nanoseconds began = resumed ? state.progress->began : context.environment().monotonicTime();
  state.progress.reset();

  Poll poll(context, began, resumed);
  std::uint32_t events = 0;
  for (std::uint32_t i = 0; i < count; ++i) {
    const Subscription subscription =
        decode(in->subspan(std::size_t{i} * kSubscriptionSize, kSubscriptionSize));
    const auto event = poll.look(subscription);
    if (!event) continue;
    const auto bytes = encode(subscription, *event);
    std::memcpy(out->data() + std::size_t{events} * kEventSize, bytes.data(), bytes.size());
    ++events;
  }
  if (events == 0) return poll.wait();
  memory.store(slots[3], events);
  return answer(Errno::success);
}

}  // namespace skiff::wasi
