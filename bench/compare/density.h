#pragma once

#include <boost/json/object.hpp>

#include "bench/compare/places.h"

namespace skiff::bench {

constexpr const char* kDensityShows =
    "What tenants cost while nobody asks for them: start-up and resident memory with 1 to 10,000 "
    "deployed apps, and with 1,000 of them warm; workerd beside it, as far as the machine's memory "
    "goes.";

/// Measures it so many times; a result as results.h describes it.
boost::json::object density(const Places& places, int rounds,
                            const boost::json::object& circumstances);

}  // namespace skiff::bench
