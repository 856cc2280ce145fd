#pragma once

#include <ucontext.h>

#include <array>
#include <cstddef>
#include <functional>
#include <vector>

namespace skiff::testing {

/// Runs small programs that share memory in every order that their steps can have, one step being
/// one operation on an Interleaved value or an InterleavedMutex: a systematic search, as a model
/// checker makes it, over the real code. Memory is sequentially consistent here: what weaker
/// orderings allow is not covered.
///
/// The programs are repeated from the beginning for each order; `make` sets up what they share and
/// returns them, `check` looks at what has come of it.
class Interleavings {
 public:
  using Program = std::function<void()>;

  /// How many orders there were. A program that blocks for ever fails the test that runs it.
  static std::size_t explore(const std::function<std::vector<Program>()>& make,
                             const std::function<void()>& check);

  /// In a program: another one may go on here.
  static void step();
  /// In a program: goes on once `isReady`.
  static void await(const std::function<bool()>& isReady);
};

/// As std::atomic, for programs.
template <class T>
class Interleaved {
 public:
  Interleaved(T value) : value_(value) {}
  template <class... Order>
  T load(Order...) const {
    Interleavings::step();
    return value_;
  }
  template <class... Order>
  void store(T value, Order...) {
    Interleavings::step();
    value_ = value;
  }
  template <class... Order>
  T exchange(T value, Order...) {
    Interleavings::step();
    return std::exchange(value_, value);
  }
  template <class... Order>
  bool compare_exchange_strong(T& expected, T value, Order...) {
    Interleavings::step();
    if (value_ == expected) {
      value_ = value;
      return true;
    }
    expected = value_;
    return false;
  }

 private:
  T value_;
};

/// As std::mutex, for programs.
class InterleavedMutex {
 public:
  void lock() {
    Interleavings::await([this] { return !locked_; });
    locked_ = true;
  }
  void unlock() {
    Interleavings::step();
    locked_ = false;
  }

 private:
  bool locked_ = false;
};

}  // namespace skiff::testing
