#pragma once

#include <boost/json/fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace skiff::cli {

/// How commands write in words what answers hold. What comes back is not yet printable.

/// "3 min ago" of a time of the API; empty if there is none.
std::string ago(std::string_view time);

/// "a, b".
std::string joined(const std::vector<std::string>& texts, std::string_view between = ", ");

/// The members of an object that are text, numbers or yes and no: "cpu_ms 50, memory 64MiB".
std::string pairsText(const boost::json::value& object);

/// A split: "3f2a91c04d1e 95 %, 77aa01b2c3d4 5 %"; empty if there is none.
std::string splitText(const boost::json::value& deployment);

}  // namespace skiff::cli
