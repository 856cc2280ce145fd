#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "isolate/guest_memory.h"
#include "isolate/guest_settings.h"
#include "isolate/host_context.h"

namespace skiff::testing {

/// A guest's linear memory held in a vector. It never moves, as a real one does not, so growth is
/// bounded by what was reserved.
class VectorMemory final : public GuestMemorySource {
 public:
  explicit VectorMemory(std::size_t size = 65'536, std::size_t reserved = 1 << 20) {
    bytes_.reserve(std::max(size, reserved));
    bytes_.resize(size);
  }

  std::span<std::byte> currentMemory() override { return bytes_; }
  std::size_t size() const { return bytes_.size(); }
  /// REQUIRES: within what was reserved.
  void grow(std::size_t size) { bytes_.resize(size); }

  /// Puts `text` at `address`, as a guest would. REQUIRES: it fits.
  void put(std::uint32_t address, std::string_view text) {
    std::transform(text.begin(), text.end(), bytes_.begin() + address,
                   [](char c) { return static_cast<std::byte>(c); });
  }
  std::string text(std::uint32_t address, std::size_t length) const {
    return {reinterpret_cast<const char*>(bytes_.data()) + address, length};
  }

 private:
  std::vector<std::byte> bytes_;
};

/// Keeps what was logged.
class RecordingLog final : public GuestLog {
 public:
  struct Line {
    LogLevel level;
    std::string requestId;
    std::string text;
  };

  void write(LogLevel level, std::string_view requestId, std::string_view text) override {
    lines.push_back({level, std::string(requestId), std::string(text)});
  }
  bool enabled(LogLevel level) const override { return level >= threshold; }

  std::vector<Line> lines;
  LogLevel threshold = LogLevel::debug;
};

/// Time that stands still until the test moves it, and bytes that count up.
class ManualEnvironment final : public HostEnvironment {
 public:
  void randomBytes(std::span<std::byte> into) override {
    for (std::byte& byte : into) byte = static_cast<std::byte>(next_++);
  }
  std::chrono::nanoseconds realTime() override { return real; }
  std::chrono::nanoseconds monotonicTime() override { return monotonic; }

  std::chrono::nanoseconds real{1'700'000'000'000'000'000};
  std::chrono::nanoseconds monotonic{1'000'000'000};

 private:
  unsigned char next_ = 1;
};

}  // namespace skiff::testing
