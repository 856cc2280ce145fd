#include "bench/compare/step_counter.h"

#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <exception>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <thread>

#include "bench/process_tree.h"

namespace skiff::bench {
namespace {

/// Threads that have done nothing of use for so long wait for something.
constexpr std::chrono::milliseconds kRest{20};

bool isNamed(pid_t process, pid_t thread, const std::vector<std::string>& names) {
  std::string name;
  std::getline(std::ifstream("/proc/" + std::to_string(process) + "/task/" +
                             std::to_string(thread) + "/comm"),
               name);
  return std::any_of(names.begin(), names.end(),
                     [&](const std::string& begin) { return name.starts_with(begin); });
}

/// The system call that the last step was; negative if it was none, or where we cannot tell.
long systemCallOf(pid_t thread) {
#if defined(__x86_64__)
  return ::ptrace(PTRACE_PEEKUSER, thread, offsetof(user_regs_struct, orig_rax), 0);
#else
  (void)thread;
  return -1;
#endif
}

/// Adds up what a thread does from one wait for events to the next, if it was of use: a loop that
/// came round only because a timer was due, how ever often while it is stepped, is left out.
class Turns {
 public:
  void add(long systemCall, std::uint64_t& steps) {
    ++turn_;
    if (systemCall == SYS_epoll_wait || systemCall == SYS_epoll_pwait) {
      end(steps);
    } else if (systemCall >= 0 && systemCall != SYS_timerfd_settime) {
      isUseful_ = true;
    }
  }
  bool isUseful() const { return isUseful_; }
  void end(std::uint64_t& steps) {
    if (isUseful_) steps += turn_;
    turn_ = 0;
    isUseful_ = false;
  }

 private:
  std::uint64_t turn_ = 0;
  bool isUseful_ = false;
};

/// Threads under our hand; let go by the destructor, which is on the thread that took them.
class Held {
 public:
  explicit Held(const SteppedThreads& threads) {
    for (const pid_t thread : threadsOf({threads.process})) {
      const bool isStepped = isNamed(threads.process, thread, threads.stepped);
      if (!isStepped && !isNamed(threads.process, thread, threads.frozen)) continue;
      if (::ptrace(PTRACE_SEIZE, thread, 0, 0) != 0 ||
          ::ptrace(PTRACE_INTERRUPT, thread, 0, 0) != 0) {
        throw std::runtime_error(std::string("cannot step the server's threads: ") +
                                 std::strerror(errno));
      }
      int status = 0;
      ::waitpid(thread, &status, __WALL);
      (isStepped ? stepped_ : frozen_).push_back(thread);
    }
    turns_.resize(stepped_.size());
    for (const pid_t thread : stepped_) step(thread, 0);
  }

  ~Held() {
    for (const pid_t thread : stepped_) {
      ::ptrace(PTRACE_INTERRUPT, thread, 0, 0);
      int status = 0;
      ::waitpid(thread, &status, __WALL);
      // What it was in has ended with a step's SIGTRAP, which would end the process.
      siginfo_t pending{};
      __ptrace_peeksiginfo_args first{0, 0, 1};
      if (::ptrace(PTRACE_PEEKSIGINFO, thread, &first, &pending) == 1 &&
          pending.si_signo == SIGTRAP) {
        ::ptrace(PTRACE_CONT, thread, 0, 0);
        ::waitpid(thread, &status, __WALL);
      }
      ::ptrace(PTRACE_DETACH, thread, 0, 0);
    }
    for (const pid_t thread : frozen_) ::ptrace(PTRACE_DETACH, thread, 0, 0);
  }
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;

  /// Whether any had made a step of use; whoever had made one makes the next.
  bool advance(std::uint64_t& steps) {
    bool any = false;
    for (std::size_t i = 0; i < stepped_.size(); ++i) {
      const pid_t thread = stepped_[i];
      int status = 0;
      if (::waitpid(thread, &status, __WALL | WNOHANG) != thread) continue;
      if (!WIFSTOPPED(status)) throw std::runtime_error("a thread of the server ended");
      const bool isStep = WSTOPSIG(status) == SIGTRAP && status >> 16 == 0;
      if (isStep) turns_[i].add(systemCallOf(thread), steps);
      any = any || turns_[i].isUseful();
      step(thread, isStep || status >> 16 != 0 ? 0 : WSTOPSIG(status));
    }
    return any;
  }

  /// Ends the turns of those that wait for something else than events.
  void endTurns(std::uint64_t& steps) {
    for (Turns& turns : turns_) turns.end(steps);
  }

 private:
  static void step(pid_t thread, int signal) {
    ::ptrace(PTRACE_SINGLESTEP, thread, 0, static_cast<long>(signal));
  }

  std::vector<pid_t> stepped_;
  std::vector<Turns> turns_;  ///< of each
  std::vector<pid_t> frozen_;
};

}  // namespace

std::uint64_t countSteps(const SteppedThreads& threads, const std::function<void()>& work) {
  using Clock = std::chrono::steady_clock;
  std::uint64_t steps = 0;
  std::exception_ptr failure;
  Held held(threads);
  const auto stepUntilRest = [&](const std::atomic<bool>& isDone) {
    Clock::time_point last = Clock::now();
    while (!isDone || Clock::now() - last < kRest) {
      if (held.advance(steps)) last = Clock::now();
    }
  };
  stepUntilRest(true);  // taking them woke them up: that is none of the work
  held.endTurns(steps);
  steps = 0;
  std::atomic<bool> isDone{false};
  std::jthread worker([&] {  // joined on every way out, before the threads are let go
    try {
      work();
    } catch (...) {
      failure = std::current_exception();
    }
    isDone = true;
  });
  stepUntilRest(isDone);
  worker.join();
  held.endTurns(steps);
  if (failure) std::rethrow_exception(failure);
  return steps;
}

}  // namespace skiff::bench
