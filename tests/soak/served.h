#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tests/soak/report.h"

namespace skiff::soak {

/// What an app may answer as, over time: the identities of its versions, or nobody. Callable from
/// any thread; changes from one.
class Served {
 public:
  /// Where there is no app, or none that answers.
  static constexpr std::string_view kNobody{};

  /// A change is on its way: from now on these may answer as well.
  void mayBecome(const std::set<std::string, std::less<>>& identities);
  /// It has been acknowledged, or refused: from now on it is these and no others.
  void is(const std::set<std::string, std::less<>>& identities);

  /// Whether it could answer as that at some time between the two.
  bool wasPossible(std::string_view identity, Clock::time_point begin, Clock::time_point end) const;
  /// All that could answer within that time, for reports.
  std::string possible(Clock::time_point begin, Clock::time_point end) const;

 private:
  struct Span {
    std::string identity;
    Clock::time_point from;
    std::optional<Clock::time_point> until;
  };
  mutable std::mutex mutex_;
  std::vector<Span> spans_;
};

}  // namespace skiff::soak
