#pragma once

#include <string>
#include <string_view>

namespace skiff {

/// `text` fit for one line of a log or a terminal: control characters and bytes that are not
/// well-formed UTF-8 become \xNN; all else stays.
std::string printable(std::string_view text);

/// The printable form between quotes, cut short (with "...") if it is long: text from outside, as
/// error messages repeat it.
std::string inQuotes(std::string_view text);

}  // namespace skiff
