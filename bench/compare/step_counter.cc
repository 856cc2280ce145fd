#include "bench/compare/step_counter.h"

#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <exception>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <thread>

#include "bench/compare/process_tree.h"

namespace skiff::bench {
namespace {

/// Threads that have not moved for so long wait for something.
constexpr std::chrono::milliseconds kRest{50};

bool isNamed(pid_t process, pid_t thread, const std::vector<std::string>& names) {
  std::string name;
  std::getline(std::ifstream("/proc/" + std::to_string(process) + "/task/" +
                             std::to_string(thread) + "/comm"),
               name);
  return std::any_of(names.begin(), names.end(),
                     [&](const std::string& begin) { return name.starts_with(begin); });
}

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

  /// Whether any had made a step; it makes the next one then.
  bool advance(std::uint64_t& steps) {
    bool any = false;
    for (const pid_t thread : stepped_) {
      int status = 0;
      if (::waitpid(thread, &status, __WALL | WNOHANG) != thread) continue;
      if (!WIFSTOPPED(status)) throw std::runtime_error("a thread of the server ended");
      any = true;
      const bool isStep = WSTOPSIG(status) == SIGTRAP && status >> 16 == 0;
      steps += isStep;
      step(thread, isStep || status >> 16 != 0 ? 0 : WSTOPSIG(status));
    }
    return any;
  }

 private:
  static void step(pid_t thread, int signal) {
    ::ptrace(PTRACE_SINGLESTEP, thread, 0, static_cast<long>(signal));
  }

  std::vector<pid_t> stepped_;
  std::vector<pid_t> frozen_;
};

}  // namespace

std::uint64_t countSteps(const SteppedThreads& threads, const std::function<void()>& work) {
  using Clock = std::chrono::steady_clock;
  std::uint64_t steps = 0;
  std::exception_ptr failure;
  std::atomic<bool> isDone{false};
  Held held(threads);
  std::jthread worker([&] {  // joined on every way out, before the threads are let go
    try {
      work();
    } catch (...) {
      failure = std::current_exception();
    }
    isDone = true;
  });
  Clock::time_point last = Clock::now();
  while (!isDone || Clock::now() - last < kRest) {
    if (held.advance(steps)) last = Clock::now();
  }
  worker.join();
  if (failure) std::rethrow_exception(failure);
  return steps;
}

}  // namespace skiff::bench
