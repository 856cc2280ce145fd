#pragma once

#include <boost/json/object.hpp>
#include <string>

#include "bench/compare/places.h"

namespace skiff::bench {

/// What a figure depends on beside the code: machine, kernel, versions, commit, date, how busy the
/// machine was, and the command that measures it again.
boost::json::object circumstances(const Places& places, const std::string& command);

}  // namespace skiff::bench
