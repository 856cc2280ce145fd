#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "cli/terminal/console.h"

namespace skiff::cli {

/// The steps of something that takes time, on the error stream: one line a step, with a bar where
/// it is known how much there is. Draws nothing where nobody looks (console.isLively).
class Progress {
 public:
  using Now = std::function<std::chrono::steady_clock::time_point()>;
  explicit Progress(Console& console, Now now = std::chrono::steady_clock::now)
      : console_(console), now_(std::move(now)) {}
  ~Progress() { finish(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// How far a step is: `total` 0 if nobody knows. A new step ends the one before. Redrawn at most
  /// some ten times a second. `step` and `detail` may be any text.
  void update(std::string_view step, std::string_view detail, std::uint64_t done,
              std::uint64_t total);
  /// Ends the step that is under way; its line stays.
  void finish();

 private:
  std::string line(bool isWhole) const;

  Console& console_;
  Now now_;
  std::string step_;
  std::string detail_;
  std::uint64_t done_ = 0;
  std::uint64_t total_ = 0;
  std::chrono::steady_clock::time_point begin_{};
  std::chrono::steady_clock::time_point drawn_{};
};

}  // namespace skiff::cli
