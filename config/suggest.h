#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace skiff {

/// The word of `known` that was probably meant by `word`: the nearest by edit distance (a swap of
/// neighbours counts once, upper case and "-" for "_" not at all), if it is near for a word of that
/// length; else one that begins as `word` does ("cpu" for "cpu_ms"). The first of equals.
std::optional<std::string_view> nearestWord(std::string_view word,
                                            std::span<const std::string_view> known);

/// What to append to an error about an unknown word: `; did you mean "shards"?` or, if nothing is
/// near, `; known are "a", "b"`.
std::string suggestion(std::string_view word, std::span<const std::string_view> known);

}  // namespace skiff
