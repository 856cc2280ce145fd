#include "server/http/http_date.h"

#include <algorithm>
#include <cstdio>

namespace skiff {

std::string_view HttpDate::at(std::time_t now) {
  if (now != written_) {
    // Not strftime: its names follow the locale.
    static constexpr std::array kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr std::array kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                           "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    std::tm parts{};
    gmtime_r(&now, &parts);
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%s, %02d %s %04d %02d:%02d:%02d GMT",
                  kDays[static_cast<std::size_t>(parts.tm_wday)], parts.tm_mday,
                  kMonths[static_cast<std::size_t>(parts.tm_mon)], parts.tm_year + 1900,
                  parts.tm_hour, parts.tm_min, parts.tm_sec);
    std::copy_n(text.begin(), kLength, text_.begin());
    written_ = now;
  }
  return {text_.data(), kLength};
}

}  // namespace skiff
