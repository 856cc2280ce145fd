#include "config/suggest.h"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace skiff {
namespace {

constexpr std::size_t kLongestWord = 64;  // no key is longer; bounds the work for hostile input
constexpr std::size_t kShortestPrefix = 3;

/// Case and the kind of dash are no difference: "CPU-ms" is "cpu_ms".
constexpr char fold(char c) {
  if (c == '-') return '_';
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
constexpr bool isSame(char a, char b) {
  return fold(a) == fold(b);
}

/// Optimal string alignment distance: insertions, deletions, substitutions and swaps of neighbours.
std::size_t editDistance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> beforePrevious(b.size() + 1);
  std::vector<std::size_t> previous(b.size() + 1);
  std::vector<std::size_t> current(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) previous[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    current[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substitution = previous[j - 1] + (isSame(a[i - 1], b[j - 1]) ? 0 : 1);
      current[j] = std::min({previous[j] + 1, current[j - 1] + 1, substitution});
      if (i > 1 && j > 1 && isSame(a[i - 1], b[j - 2]) && isSame(a[i - 2], b[j - 1])) {
        current[j] = std::min(current[j], beforePrevious[j - 2] + 1);
      }
    }
    std::swap(beforePrevious, previous);
    std::swap(previous, current);
  }
  return previous[b.size()];
}

}  // namespace

std::optional<std::string_view> nearestWord(std::string_view word,
                                            std::span<const std::string_view> known) {
  if (word.empty() || word.size() > kLongestWord) return std::nullopt;
  std::optional<std::string_view> nearest;
  // A third of the letters wrong is a slip; more is another word, and so is a wholly new one.
  std::size_t bound = std::min((word.size() + 2) / 3, word.size() - 1);
  for (const std::string_view candidate : known) {
    const std::size_t distance = editDistance(word, candidate);
    if (distance > bound || (nearest && distance == bound)) continue;
    nearest = candidate;
    bound = distance;
  }
  if (nearest || word.size() < kShortestPrefix) return nearest;
  const auto isPrefixed = [&](std::string_view candidate) {
    return candidate.starts_with(word) || word.starts_with(candidate);
  };
  const auto found = std::find_if(known.begin(), known.end(), isPrefixed);
  return found == known.end() ? std::nullopt : std::optional(*found);
}

std::string suggestion(std::string_view word, std::span<const std::string_view> known) {
  if (const auto nearest = nearestWord(word, known)) {
    return "; did you mean \"" + std::string(*nearest) + "\"?";
  }
  std::string list;
  for (const std::string_view candidate : known) {
    list.append(list.empty() ? "; known are \"" : ", \"").append(candidate).append("\"");
  }
  return list;
}

}  // namespace skiff
