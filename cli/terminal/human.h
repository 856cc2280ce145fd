#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace skiff::cli {

/// "512 B", "1.4 KiB", "23 MiB": three digits at most where there is a unit.
std::string humanBytes(std::uint64_t bytes);

/// "12 s", "3 min", "5 h", "12 days": the largest unit of which there is at least one.
std::string humanDuration(std::chrono::seconds duration);

/// A point in time as the API writes it (RFC 3339, UTC: "2024-05-01T12:00:00.123Z"). Nothing if it
/// is not one.
std::optional<std::chrono::sys_seconds> parseTime(std::string_view text);

/// "3 min ago", "in 5 h", "now"; the text as it is if it is no time.
std::string humanTime(std::string_view text, std::chrono::sys_seconds now);

/// A version as people name it: its first 12 digits, without "sha256:".
std::string shortVersion(std::string_view version);

/// "1,234,567".
std::string humanCount(std::uint64_t count);

}  // namespace skiff::cli
