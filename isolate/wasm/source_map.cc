#include "isolate/wasm/source_map.h"

#include <array>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <optional>
#include <string>
#include <vector>

namespace skiff::wasm {
namespace {

constexpr std::string_view kDigits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Base64 VLQ (ECMA-426, "Mappings structure").
class Mappings {
 public:
  explicit Mappings(std::string_view text) : text_(text) {}

  /// At the end of the text, of a segment (',') or of the line (';').
  bool atBreak() const { return at_ == text_.size() || text_[at_] == ',' || text_[at_] == ';'; }
  /// Over a segment's end to the next of the same line; false if there is none.
  bool nextSegment() {
    if (at_ == text_.size() || text_[at_] != ',') return false;
    ++at_;
    return true;
  }
  /// Nothing if it is malformed.
  std::optional<std::int64_t> number() {
    constexpr unsigned kContinues = 32;
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift <= 30; shift += 5) {
      if (at_ == text_.size()) return std::nullopt;
      const std::size_t digit = kDigits.find(text_[at_++]);
      if (digit == std::string_view::npos) return std::nullopt;
      value |= std::uint64_t{digit & (kContinues - 1)} << shift;
      if ((digit & kContinues) != 0) continue;
      const auto magnitude = static_cast<std::int64_t>(value >> 1);
      return (value & 1) != 0 ? -magnitude : magnitude;
    }
    return std::nullopt;
  }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

std::vector<std::uint32_t> readSources(const boost::json::object& map, LineTableBuilder& table) {
  std::vector<std::uint32_t> numbers;
  const auto* const sources = map.if_contains("sources");
  if (!sources || !sources->is_array()) return numbers;
  for (const boost::json::value& source : sources->get_array()) {
    if (numbers.size() >= LineTableBuilder::kMostFiles) break;
    numbers.push_back(source.is_string() ? table.file(source.get_string()) : 0);
  }
  return numbers;
}

}  // namespace

void readSourceMap(std::string_view json, std::uint32_t codeStart, LineTableBuilder& table) {
  if (json.size() > kLargestSourceMap.bytes()) return;
  boost::system::error_code error;
  const boost::json::value parsed = boost::json::parse(json, error);
  if (error || !parsed.is_object()) return;
  const boost::json::object& map = parsed.get_object();
  const auto* const text = map.if_contains("mappings");
  if (!text || !text->is_string()) return;
  const std::vector<std::uint32_t> sources = readSources(map, table);

  // Of a segment: offset in the module, source, line, column; each relative to the one before.
  std::array<std::int64_t, 4> fields{};
  Mappings mappings(text->get_string());
  do {
    std::size_t count = 0;
    while (!mappings.atBreak()) {
      const auto number = mappings.number();
      if (!number) return table.endSequence(UINT64_MAX);
      if (count < fields.size()) fields[count] += *number;
      ++count;
    }
    const auto [offset, source, line, column] = fields;
    if (count == 0 || offset <= codeStart) continue;
    const bool known = count >= 4 && source >= 0 && line >= 0 && line < INT32_MAX &&
                       static_cast<std::uint64_t>(source) < sources.size();
    table.row(static_cast<std::uint64_t>(offset) - codeStart,
              known ? sources[static_cast<std::size_t>(source)] : 0,
              known ? static_cast<std::uint32_t>(line) + 1 : 0);
  } while (mappings.nextSegment());
  table.endSequence(UINT64_MAX);
}

}  // namespace skiff::wasm
