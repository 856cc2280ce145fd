#include "tests/soak/served.h"

#include <algorithm>

namespace skiff::soak {
namespace {

/// No request takes longer: what ended before is forgotten.
constexpr std::chrono::seconds kMemory{60};

}  // namespace

void Served::mayBecome(const std::set<std::string, std::less<>>& identities) {
  const std::lock_guard lock(mutex_);
  const auto now = Clock::now();
  std::erase_if(spans_,
                [&](const Span& span) { return span.until && *span.until + kMemory < now; });
  for (const std::string& identity : identities) {
    const bool isThere = std::any_of(spans_.begin(), spans_.end(), [&](const Span& span) {
      return !span.until && span.identity == identity;
    });
    if (!isThere) spans_.push_back({identity, now, std::nullopt});
  }
}

void Served::is(const std::set<std::string, std::less<>>& identities) {
  mayBecome(identities);
  const std::lock_guard lock(mutex_);
  const auto now = Clock::now();
  for (Span& span : spans_) {
    if (!span.until && !identities.contains(span.identity)) span.until = now;
  }
}

bool Served::wasPossible(std::string_view identity, Clock::time_point begin,
                         Clock::time_point end) const {
  const std::lock_guard lock(mutex_);
  return std::any_of(spans_.begin(), spans_.end(), [&](const Span& span) {
    return span.identity == identity && span.from <= end && (!span.until || *span.until >= begin);
  });
}

std::string Served::possible(Clock::time_point begin, Clock::time_point end) const {
  const std::lock_guard lock(mutex_);
  std::string text;
  for (const Span& span : spans_) {
    if (span.from > end || (span.until && *span.until < begin)) continue;
    text += text.empty() ? "" : ", ";
    text += span.identity.empty() ? "nobody" : span.identity.substr(0, span.identity.find(' ', 12));
  }
  return text;
}

}  // namespace skiff::soak
