#include "tests/soak/readings.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <optional>

namespace skiff::soak {
namespace {

constexpr std::chrono::milliseconds kEvery{500};
/// Shorter generations tell nothing: pools fill, heaps see their first collections.
constexpr std::chrono::seconds kLong{25};

// What a later part may have more than an earlier one, in the least reading of each: between two
// collections of garbage a heap grows, threads and buffers are kept for the next who need them.
constexpr double kResidentFactor = 1.15;
constexpr std::size_t kResidentSlack = std::size_t{32} << 20;
constexpr std::size_t kDescriptorSlack = 40;
constexpr std::size_t kThreadSlack = 8;

using e2e::ProcessReadings;
using Part = std::vector<Reading>;

/// The readings from one quarter of the time to another.
Part quarter(const std::vector<Reading>& all, int from, int to) {
  const auto size = static_cast<std::ptrdiff_t>(all.size());
  return {all.begin() + size * from / 4, all.begin() + size * to / 4};
}

ProcessReadings least(const Part& part) {
  ProcessReadings found = part.front().of;
  for (const Reading& reading : part) {
    found.residentBytes = std::min(found.residentBytes, reading.of.residentBytes);
    found.descriptors = std::min(found.descriptors, reading.of.descriptors);
    found.threads = std::min(found.threads, reading.of.threads);
  }
  return found;
}

std::string text(const ProcessReadings& reading) {
  return std::to_string(reading.residentBytes >> 20) + " MiB, " +
         std::to_string(reading.descriptors) + " descriptors, " + std::to_string(reading.threads) +
         " threads";
}

void compare(Report& report, const std::string& what, const ProcessReadings& early,
             const ProcessReadings& late) {
  const auto most =
      static_cast<std::size_t>(kResidentFactor * static_cast<double>(early.residentBytes)) +
      kResidentSlack;
  if (late.residentBytes > most || late.descriptors > early.descriptors + kDescriptorSlack ||
      late.threads > early.threads + kThreadSlack) {
    report.violation(what + " grows: from " + text(early) + " to " + text(late));
  }
}

}  // namespace

std::size_t socketsOf(pid_t process) {
  std::size_t count = 0;
  std::error_code error;
  const std::string folder = "/proc/" + std::to_string(process) + "/fd";
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    std::error_code gone;
    count += std::filesystem::read_symlink(entry.path(), gone).string().starts_with("socket:");
  }
  return count;
}

Readings::Readings(pid_t process) : generations_{{process}} {
  thread_ = std::thread([this] { run(); });
}

Readings::~Readings() {
  stop_ = true;
  thread_.join();
}

void Readings::pause() {
  const std::lock_guard lock(mutex_);
  generations_.back().isOver = true;
}

void Readings::follow(pid_t process) {
  const std::lock_guard lock(mutex_);
  generations_.push_back({process});
}

void Readings::run() {
  for (auto next = Clock::now(); !stop_; next += kEvery) {
    std::this_thread::sleep_until(next);
    const std::lock_guard lock(mutex_);
    Generation& now = generations_.back();
    if (now.isOver) continue;
    if (const auto reading = e2e::readingsOf(now.process)) {
      now.readings.push_back({Clock::now(), *reading});
    }
  }
}

e2e::ProcessReadings Readings::last() const {
  const std::lock_guard lock(mutex_);
  for (auto one = generations_.rbegin(); one != generations_.rend(); ++one) {
    if (!one->readings.empty()) return one->readings.back().of;
  }
  return {};
}

void Readings::judge(Report& report) const {
  const std::lock_guard lock(mutex_);
  std::optional<ProcessReadings> first;
  std::size_t number = 0;
  for (const Generation& generation : generations_) {
    ++number;
    const auto& all = generation.readings;
    if (all.size() < 4) continue;
    const auto time = all.back().when - all.front().when;
    const ProcessReadings early = least(quarter(all, 1, 2));
    const ProcessReadings late = least(quarter(all, 3, 4));
    std::printf(
        "process %zu: %lld s; second quarter %s; last quarter %s\n", number,
        static_cast<long long>(std::chrono::duration_cast<std::chrono::seconds>(time).count()),
        text(early).c_str(), text(late).c_str());
    if (time < kLong) continue;
    compare(report, "process " + std::to_string(number), early, late);
    if (first) compare(report, "from one process to another", *first, late);
    if (!first) first = late;
  }
}

}  // namespace skiff::soak
