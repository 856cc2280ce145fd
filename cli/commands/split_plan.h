#pragma once

#include <boost/json/fwd.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "config/result.h"

namespace skiff::cli {

/// A version and its part of an app's traffic; parts are relative to each other, up to kWhole.
struct SplitPart {
  std::string version;
  std::uint32_t weight = 0;
  bool operator==(const SplitPart&) const = default;
};

inline constexpr std::uint32_t kWhole = 10'000;  ///< the largest weight of the API

/// "3f2a=95", "3f2a=95%", "3f2a=0.5%": percents have two decimals. Weights without % are as they
/// are; a word that mixes both with another is an error, since 95% beside 5 means nothing.
Result<std::vector<SplitPart>> parseSplit(const std::vector<std::string>& words);

/// "12.5" or "12.5%": a percentage from 0 to 100 in hundredths.
Result<std::uint32_t> parsePercent(std::string_view text);

/// The split of a deployment as the API tells it.
std::vector<SplitPart> splitOf(const boost::json::value& deployment);

/// `weight` hundredths of a percent of all traffic for `version`, the rest for what there was, in
/// the proportions it had. All of it if there was nothing else. Parts that get nothing are left
/// out, except `version` itself.
std::vector<SplitPart> planCanary(const std::vector<SplitPart>& before, const std::string& version,
                                  std::uint32_t weight);

boost::json::array splitJson(const std::vector<SplitPart>& parts);

}  // namespace skiff::cli
