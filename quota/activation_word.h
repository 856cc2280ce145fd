#pragma once

#include <atomic>
#include <cstdint>

namespace skiff {

/// What a thread that runs guests and the watchdog agree upon: which activation is under way, and
/// who has the shard meanwhile.
///
/// One word holds the activation's number and its state. The owner begins and ends activations and
/// announces each stay in the host; the watchdog may only swap *guest* to *away* of the very
/// activation that it looked at. So a shard is never taken from under a host function that touches
/// it, and a host function that begins away knows.
///
/// A second word says which activation the watchdog has *claimed*: it stores its number and then
/// looks whether that activation is still under way, while the owner ends it and then looks whether
/// it was claimed. Of the two at least one sees the other. So what belongs to an activation (its
/// isolate, its budget) may be used by the watchdog while it holds a mutex that the owner takes at
/// the end of an activation that was claimed, and only then.
///
/// `Atomic` is std::atomic; tests put in one that tries out every order of events.
template <template <class> class Atomic = std::atomic>
class BasicActivationWord {
 public:
  using Sequence = std::uint64_t;
  enum class State : std::uint64_t {
    idle,   ///< no activation
    guest,  ///< the guest runs, and the thread carries a shard
    host,   ///< a host function runs, and may touch the shard
    away,   ///< the thread carries no shard: it lost it in this activation or had none
  };

  // The owner's.

  /// REQUIRES: idle.
  void begin(bool away) {
    word_.store(compose(++sequence_, away ? State::away : State::guest), std::memory_order_seq_cst);
  }
  /// False if away. REQUIRES: guest or away.
  bool enterHost() {
    std::uint64_t expected = compose(sequence_, State::guest);
    return word_.compare_exchange_strong(expected, compose(sequence_, State::host),
                                         std::memory_order_acq_rel);
  }
  /// REQUIRES: enterHost() said true.
  void leaveHost() { word_.store(compose(sequence_, State::guest), std::memory_order_release); }
  /// Whether it ended away.
  bool end() {
    const std::uint64_t last =
        word_.exchange(compose(sequence_, State::idle), std::memory_order_seq_cst);
    return stateOf(last) == State::away;
  }
  /// Whether the watchdog may be using what belongs to the activation that was ended: then its
  /// mutex says when it no longer is. REQUIRES: idle.
  bool wasClaimed() const { return claimed_.load(std::memory_order_seq_cst) == sequence_; }
  /// The activation under way, or the last one.
  Sequence sequence() const { return sequence_; }

  // The watchdog's.

  struct Seen {
    Sequence sequence = 0;
    State state = State::idle;
  };
  Seen look() const {
    const std::uint64_t word = word_.load(std::memory_order_acquire);
    return {word >> kStateBits, stateOf(word)};
  }
  /// False if the activation is over. REQUIRES: the mutex is held, until all use is over.
  bool claim(Sequence sequence) {
    claimed_.store(sequence, std::memory_order_seq_cst);
    const std::uint64_t word = word_.load(std::memory_order_seq_cst);
    return word >> kStateBits == sequence && stateOf(word) != State::idle;
  }
  /// False if the activation is over or, for now, in a host function. REQUIRES: claimed.
  bool handOff(Sequence sequence) {
    std::uint64_t expected = compose(sequence, State::guest);
    return word_.compare_exchange_strong(expected, compose(sequence, State::away),
                                         std::memory_order_acq_rel);
  }

 private:
  static constexpr int kStateBits = 2;
  static constexpr std::uint64_t compose(Sequence sequence, State state) {
    return sequence << kStateBits | static_cast<std::uint64_t>(state);
  }
  static constexpr State stateOf(std::uint64_t word) {
    return static_cast<State>(word & ((1U << kStateBits) - 1));
  }

  Atomic<std::uint64_t> word_{0};
  Atomic<std::uint64_t> claimed_{0};
  Sequence sequence_ = 0;  ///< the owner's
};

using ActivationWord = BasicActivationWord<>;

}  // namespace skiff
