#include "tests/soak/report.h"

#include <cstdio>
#include <utility>

namespace skiff::soak {
namespace {

/// Beyond these they are only counted.
constexpr std::size_t kPrinted = 30;
constexpr std::chrono::seconds kStandstill{2};
/// Longer than any deadline of clients and daemon after it.
constexpr std::chrono::seconds kAfterwards{15};

}  // namespace

void Report::count(std::string_view activity, std::size_t more) {
  const std::lock_guard lock(mutex_);
  const auto found = activities_.find(activity);
  (found != activities_.end() ? found->second : activities_[std::string(activity)]).count += more;
}

void Report::expect(std::string_view activity, std::size_t minimum) {
  const std::lock_guard lock(mutex_);
  activities_[std::string(activity)].minimum = minimum;
}

std::size_t Report::counted(std::string_view activity) const {
  const std::lock_guard lock(mutex_);
  const auto found = activities_.find(activity);
  return found == activities_.end() ? 0 : found->second.count;
}

std::chrono::milliseconds Report::elapsed() const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begin_);
}

void Report::violation(std::string_view what, std::string_view asked) {
  if (++violations_ <= kPrinted) print("VIOLATION", what, asked);
}

void Report::failure(std::string_view what, std::string_view asked) {
  {
    const std::lock_guard lock(mutex_);
    const auto now = Clock::now();
    if (now > excusedUntil_ && now - lastTick_ < kStandstill) return violation(what, asked);
    if (++excused_ > kPrinted) return;
  }
  print("after a standstill", what, asked);
}

void Report::print(const char* kind, std::string_view what, std::string_view asked) const {
  std::printf("%s after %.3f s (--seed %llu): %.*s\n", kind,
              static_cast<double>(elapsed().count()) / 1000, static_cast<unsigned long long>(seed_),
              static_cast<int>(what.size()), what.data());
  if (!asked.empty()) std::printf("  request: %s\n", shown(asked).c_str());
  std::fflush(stdout);
}

void Report::tick() {
  const std::lock_guard lock(mutex_);
  const auto now = Clock::now();
  const auto gap = now - std::exchange(lastTick_, now);
  if (gap < kStandstill) return;
  stoodStill_ += gap;
  excusedUntil_ = now + kAfterwards;
  std::printf("the machine stood still for %.1f s\n", std::chrono::duration<double>(gap).count());
}

std::chrono::milliseconds Report::stoodStill() const {
  const std::lock_guard lock(mutex_);
  return std::chrono::duration_cast<std::chrono::milliseconds>(stoodStill_);
}

bool Report::printCounts() const {
  const std::lock_guard lock(mutex_);
  bool enough = true;
  std::printf("%-44s %12s %12s\n", "activity", "count", "at least");
  for (const auto& [name, activity] : activities_) {
    const bool isLow = activity.count < activity.minimum;
    enough = enough && !isLow;
    std::printf("%-44s %12zu %12zu%s\n", name.c_str(), activity.count, activity.minimum,
                isLow ? "  TOO FEW" : "");
  }
  return enough;
}

std::string shown(std::string_view bytes, std::size_t most) {
  std::string text;
  for (const char byte : bytes.substr(0, most)) {
    if (byte == '\r') {
      text += "\\r";
    } else if (byte == '\n') {
      text += "\\n";
    } else {
      text += byte >= ' ' && byte < 127 ? byte : '?';
    }
  }
  if (bytes.size() > most) text += "... (" + std::to_string(bytes.size()) + " bytes)";
  return text;
}

}  // namespace skiff::soak
