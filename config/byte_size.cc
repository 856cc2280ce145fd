#include "config/byte_size.h"

#include <array>
#include <charconv>
#include <limits>

namespace skiff {
namespace {

struct Unit {
  std::string_view name;
  unsigned shift;
};
constexpr std::array<Unit, 5> kUnits{
    {{"B", 0}, {"KiB", 10}, {"MiB", 20}, {"GiB", 30}, {"TiB", 40}}};

}  // namespace

std::optional<ByteSize> ByteSize::parse(std::string_view text) {
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{}) return std::nullopt;
  const std::string_view name(rest, static_cast<std::size_t>(end - rest));
  for (const Unit& unit : kUnits) {
    if (unit.name != name) continue;
    if (number > std::numeric_limits<std::uint64_t>::max() >> unit.shift) return std::nullopt;
    return ByteSize(number << unit.shift);
  }
  return std::nullopt;
}

std::string ByteSize::text() const {
  Unit largest = kUnits.front();
  for (const Unit& unit : kUnits) {
    // Zero is divided by every unit; it reads best in the smallest.
    if (bytes_ != 0 && bytes_ % (std::uint64_t{1} << unit.shift) == 0) largest = unit;
  }
  return std::to_string(bytes_ >> largest.shift).append(largest.name);
}

}  // namespace skiff
