#pragma once

#include <boost/json/fwd.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace skiff::cli {

/// Looks into JSON that another wrote. Total: what is not there or of another kind is empty, null,
/// 0 or false.

/// What `text` says; null if it is not JSON.
boost::json::value parseJson(std::string_view text);

/// A member of an object; a null value if there is none.
const boost::json::value& member(const boost::json::value& object, std::string_view name);

/// A member that is a string.
std::string textOf(const boost::json::value& object, std::string_view name);

/// A member that is a number and not negative, rounded down.
std::uint64_t countOf(const boost::json::value& object, std::string_view name);

bool isTrue(const boost::json::value& object, std::string_view name);

/// The elements of a member that is an array; nothing else.
const boost::json::array& listOf(const boost::json::value& object, std::string_view name);

/// The strings of a member that is an array.
std::vector<std::string> textsOf(const boost::json::value& object, std::string_view name);

/// Compact JSON in one line, in which nothing steers a terminal: DEL and the C1 controls, too, are
/// written as escapes.
std::string jsonText(const boost::json::value& value);

}  // namespace skiff::cli
