#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

/// What a test and the library that it has preloaded into a daemon share: a mapped file. The test
/// writes what is to fail and reads what has; the daemon goes on meanwhile, and nobody waits for a
/// time to pass. All zero: nothing fails.
namespace skiff::faults {

/// The environment variable that names the file.
inline constexpr const char* kControlVariable = "SKIFF_TEST_FAULTS";

/// Families of calls that can fail, on what lies below Control::folder.
enum class Call : std::uint8_t { open, write, sync, truncate, rename, unlink };
inline constexpr std::size_t kCalls = 6;

/// What one turn of a shard's loop can be made to end with.
enum class LoopFault : std::uint32_t {
  none,
  fails,    ///< epoll_wait gives EBADF
  throws,   ///< an exception that nothing but the loop's own guard catches
  crashes,  ///< SIGSEGV
  hangs,    ///< does not go on until there is another fault, or none
};

struct Control {
  struct Fault {
    std::atomic<int> error{0};             ///< errno of each such call; 0: it is made
    std::atomic<std::uint64_t> only{0};    ///< not each fails but this one alone, the next is 1
    std::atomic<std::uint64_t> failed{0};  ///< how many have failed
  };

  char folder[512] = {};  ///< set before anything is to fail
  Fault calls[kCalls];

  // Syncs that wait until the test lets them go on.
  std::atomic<std::uint32_t> holdsSync{0};  ///< a futex: 1: they wait
  std::atomic<std::uint32_t> heldSyncs{0};  ///< how many have begun to wait

  std::atomic<std::int64_t> wallOffset{0};  ///< ns that the wall clock is ahead

  std::atomic<std::uint64_t> largestMapping{0};  ///< bytes; more gets ENOMEM. 0: any
  std::atomic<std::uint64_t> refusedMappings{0};
  /// The daemon's own allocation on the thread `thread` that is to fail: the first is 1. Counted
  /// down; 0: none.
  std::atomic<std::uint64_t> failingAllocation{0};
  std::atomic<std::uint64_t> refusedAllocations{0};
  std::atomic<std::uint64_t> largestAllocation{0};  ///< bytes of one, on any thread; 0: any

  std::atomic<std::uint64_t> refusedAccepts{0};  ///< accept calls that the system refused

  char thread[16] =
      {};  ///< whose turn of the loop, and whose allocation; set before the daemon starts
  std::atomic<LoopFault> loopFault{LoopFault::none};  ///< once
};

/// The mapping; nullptr: this process was not given one.
Control* control();
/// Whether this is the thread of that name; "main": the first.
bool isConcerned(const Control& control);

}  // namespace skiff::faults
