#include "cli/terminal/human.h"

#include <array>
#include <charconv>
#include <cstdio>

namespace skiff::cli {
namespace {

constexpr std::string_view kDigest = "sha256:";
constexpr std::size_t kShortVersion = 12;

/// The number in text[at, at + size); nothing if there is another character.
std::optional<int> digits(std::string_view text, std::size_t at, std::size_t size) {
  if (text.size() < at + size) return std::nullopt;
  const char* const end = text.data() + at + size;
  if (text[at] < '0' || text[at] > '9') return std::nullopt;
  int value = 0;
  const auto [stop, error] = std::from_chars(text.data() + at, end, value);
  if (error != std::errc() || stop != end) return std::nullopt;
  return value;
}

}  // namespace

std::string humanBytes(std::uint64_t bytes) {
  constexpr std::array<std::string_view, 6> kUnits{"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  // What would be shown as 1000 or more goes to the next unit.
  while (value >= 999.5 && unit + 1 < kUnits.size()) {
    value /= 1024;
    ++unit;
  }
  std::array<char, 32> text{};
  const int decimals = unit == 0 || value >= 9.95 ? 0 : 1;
  std::snprintf(text.data(), text.size(), "%.*f ", decimals, value);
  return text.data() + std::string(kUnits[unit]);
}

std::string humanDuration(std::chrono::seconds duration) {
  const auto seconds = duration.count();
  const auto of = [](auto count, std::string_view unit) {
    return std::to_string(count) + " " + std::string(unit);
  };
  if (seconds < 60) return of(seconds, "s");
  if (seconds < 3600) return of(seconds / 60, "min");
  if (seconds < 86'400) return of(seconds / 3600, "h");
  return of(seconds / 86'400, seconds < 2 * 86'400 ? "day" : "days");
}

std::optional<std::chrono::sys_seconds> parseTime(std::string_view text) {
  const auto year = digits(text, 0, 4), month = digits(text, 5, 2), day = digits(text, 8, 2);
  const auto hour = digits(text, 11, 2), minute = digits(text, 14, 2), second = digits(text, 17, 2);
  if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
  if (text[4] != '-' || text[7] != '-' || text[13] != ':' || text[16] != ':') return std::nullopt;
  if (!text.ends_with('Z') || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date) + std::chrono::hours(*hour) + std::chrono::minutes(*minute) +
         std::chrono::seconds(*second);
}

std::string humanTime(std::string_view text, std::chrono::sys_seconds now) {
  const auto time = parseTime(text);
  if (!time) return std::string(text);
  if (*time == now) return "now";
  return *time < now ? humanDuration(now - *time) + " ago" : "in " + humanDuration(*time - now);
}

std::string shortVersion(std::string_view version) {
  if (version.starts_with(kDigest)) version.remove_prefix(kDigest.size());
  return std::string(version.substr(0, kShortVersion));
}

std::string humanCount(std::uint64_t count) {
  std::string text = std::to_string(count);
  for (std::size_t at = text.size(); at > 3;) text.insert(at -= 3, ",");
  return text;
}

}  // namespace skiff::cli
