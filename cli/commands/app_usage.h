#pragma once

#include <boost/json/value.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/session/session.h"
#include "cli/terminal/console.h"

namespace skiff::cli {

/// What an app uses, as /v1/status tells it.
struct AppUsage {
  std::string tenant;
  std::string app;
  std::size_t versions = 0;  ///< that serve, or can be asked for
  bool isLoaded = false;
  std::uint64_t requests = 0;  ///< since the start
  std::uint64_t failed = 0;    ///< of these: guest faults and limit hits
  std::chrono::microseconds cpu{0};
  std::uint64_t memory = 0;  ///< bytes
  std::uint64_t instances = 0;
};

std::vector<AppUsage> usageOf(const boost::json::value& status);

/// What an app used in a second between two looks.
struct UsageRate {
  double requests = 0;
  double failed = 0;
  double cpuPercent = 0;  ///< of a core
};

/// For each of `now`; nothing is known of an app that was not there, or whose counts went back
/// because it was made anew.
std::vector<UsageRate> ratesBetween(const std::vector<AppUsage>& before,
                                    const std::vector<AppUsage>& now,
                                    std::chrono::duration<double> passed);

/// What /v1/status says, with all of its pages' items.
Answer<boost::json::value> askStatus(Session& session);

/// Of the daemon as a whole: since when it is up, and its numbers of apps and instances; lines.
std::string usageSummary(const boost::json::value& status);

/// A table: the counts since the start, or, with rates, what is used a second.
std::string usageTable(const Console& console, const std::vector<AppUsage>& apps,
                       const std::vector<UsageRate>* rates);

}  // namespace skiff::cli
