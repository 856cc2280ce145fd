#include "sandbox/every_thread.h"

#include <semaphore.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <set>
#include <string>
#include <system_error>

namespace skiff {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kPatience{2};

constexpr std::size_t kMostThreads = 16'384;

/// What the handler works on. It is there for good: a thread may answer too late.
struct Round {
  std::atomic<const std::function<int()>*> step{nullptr};
  std::atomic<int> error{0};
  std::array<std::atomic<pid_t>, kMostThreads> answered{};
  std::atomic<std::size_t> count{0};
  sem_t answers{};
};
Round round;

pid_t thisThread() {
  return static_cast<pid_t>(::syscall(SYS_gettid));
}

void onSignal(int) {
  const std::function<int()>* const step = round.step;
  if (!step) return;
  const int kept = errno;
  if (const int error = (*step)(); error != 0) round.error = error;
  if (const std::size_t place = round.count.fetch_add(1); place < kMostThreads) {
    round.answered[place] = thisThread();
  }
  ::sem_post(&round.answers);
  errno = kept;
}

void prepare(const std::function<int()>& step) {
  ::sem_init(&round.answers, 0, 0);
  round.error = 0;
  round.count = 0;
  for (auto& thread : round.answered) thread = 0;
  round.step = &step;
  struct sigaction action {};
  action.sa_handler = onSignal;
  action.sa_flags = SA_RESTART | SA_ONSTACK;
  ::sigfillset(&action.sa_mask);
  ::sigaction(everyThreadSignal(), &action, nullptr);
}

/// Throws if they cannot be listed.
std::set<pid_t> otherThreads() {
  std::set<pid_t> threads;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/task")) {
    threads.insert(static_cast<pid_t>(std::stol(entry.path().filename())));
  }
  threads.erase(thisThread());
  return threads;
}

/// Waits for an answer, not for long: threads may end instead.
void awaitAnswer() {
  constexpr long kShortly = 20'000'000;
  timespec until{};
  ::clock_gettime(CLOCK_REALTIME, &until);
  until.tv_nsec += kShortly;
  if (until.tv_nsec >= 1'000'000'000) {
    ++until.tv_sec;
    until.tv_nsec -= 1'000'000'000;
  }
  while (::sem_timedwait(&round.answers, &until) != 0 && errno == EINTR) {
  }
}

/// Those of `threads` that live and have not answered.
std::set<pid_t> silentOf(const std::set<pid_t>& threads) {
  std::set<pid_t> silent;
  for (const pid_t thread : otherThreads()) {
    if (threads.contains(thread)) silent.insert(thread);
  }
  for (const auto& thread : round.answered) {
    if (thread == 0) break;
    silent.erase(thread);
  }
  return silent;
}

Result<void> ask(const std::set<pid_t>& threads) {
  for (const pid_t thread : threads) {
    ::syscall(SYS_tgkill, ::getpid(), thread, everyThreadSignal());
  }
  const auto begin = Clock::now();
  for (std::set<pid_t> silent = threads; !silent.empty(); silent = silentOf(threads)) {
    if (Clock::now() - begin > kPatience) {
      return Error{std::to_string(silent.size()) + " threads do not answer, thread " +
                   std::to_string(*silent.begin()) + " among them: it blocks signals"};
    }
    awaitAnswer();
  }
  return {};
}

}  // namespace

Result<void> onEveryThread(const std::function<int()>& step) {
  prepare(step);
  Result<void> done;
  std::set<pid_t> asked;
  while (done.has_value()) {
    std::set<pid_t> fresh;
    for (const pid_t thread : otherThreads()) {
      if (asked.insert(thread).second) fresh.insert(thread);
    }
    if (fresh.empty()) break;
    done = ask(fresh);
  }
  round.step = nullptr;
  if (done.has_error()) return done;
  // This thread last: it may not be able to list the others any more.
  int error = round.error;
  if (error == 0) error = step();
  if (error != 0) return Error{std::generic_category().message(error)};
  return {};
}

}  // namespace skiff
