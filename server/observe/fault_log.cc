#include "server/observe/fault_log.h"

#include <algorithm>
#include <boost/container_hash/hash.hpp>

#include "isolate/wasm/stack_text.h"

namespace skiff {
namespace {

/// Two faults that share a key by chance cost one an entry, for a second.
std::size_t keyOf(const GuestFault& fault) {
  std::size_t key = std::hash<std::string_view>()(fault.message);
  boost::hash_combine(key, static_cast<int>(fault.reason));
  boost::hash_range(key, fault.stack.begin(), fault.stack.end());
  return key;
}

std::string times(std::uint64_t count) {
  return count == 1 ? "once more" : std::to_string(count) + " times more";
}

}  // namespace

void FaultLog::write(std::string_view requestId, const GuestFault& fault,
                     const wasm::Symbols& symbols) {
  if (!log_.enabled(LogLevel::error)) return;
  const std::size_t key = keyOf(fault);
  const std::lock_guard lock(mutex_);
  const Clock::time_point now = now_();
  const auto older = [](const Seen& a, const Seen& b) { return a.written < b.written; };
  auto seen = std::find_if(seen_.begin(), seen_.end(),
                           [&](const Seen& each) { return each.inUse && each.key == key; });
  const bool known = seen != seen_.end();
  if (!known) seen = std::min_element(seen_.begin(), seen_.end(), older);
  if (seen->inUse && now - seen->written < kPause) {
    ++(known ? seen->leftOut : others_);
    return;
  }
  tellLeftOut(*seen);
  seen->key = key;
  seen->written = now;
  seen->inUse = true;
  seen->title = std::string(reasonWord(fault.reason)) + ": ";
  // A message may hold a guest's text: what it names stays one line.
  for (const char c : fault.message) seen->title += c == '\n' ? ' ' : c;
  constexpr std::size_t kLongestTitle = 1'000;
  if (seen->title.size() > kLongestTitle) seen->title.resize(kLongestTitle);
  std::string text = seen->title;
  for (const std::string& line : wasm::stackLines(symbols, fault.stack)) text += "\n    " + line;
  log_.writeEntry(LogLevel::error, requestId, text);
}

void FaultLog::flush() {
  const std::lock_guard lock(mutex_);
  const Clock::time_point now = now_();
  for (Seen& seen : seen_) {
    if (seen.inUse && now - seen.written >= kPause) tellLeftOut(seen);
  }
  if (others_ == 0) return;
  log_.writeEntry(LogLevel::error, {},
                  "requests failed in further ways, " + std::to_string(others_) + " times");
  others_ = 0;
}

void FaultLog::tellLeftOut(Seen& seen) {
  if (seen.leftOut == 0) return;
  log_.writeEntry(LogLevel::error, {}, seen.title + " (" + times(seen.leftOut) + ")");
  seen.leftOut = 0;
}

}  // namespace skiff
