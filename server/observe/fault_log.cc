#include "server/observe/fault_log.h"

#include <algorithm>

#include "isolate/wasm/stack_text.h"

namespace skiff {
namespace {

/// FNV-1a: two faults that share a key by chance cost one an entry, for a second.
class Hash {
 public:
  void add(std::uint8_t byte) { value_ = (value_ ^ byte) * 0x100'0000'01b3U; }
  void add(std::string_view text) {
    for (const char c : text) add(static_cast<std::uint8_t>(c));
  }
  void add(std::uint32_t number) {
    for (int shift = 0; shift < 32; shift += 8) add(static_cast<std::uint8_t>(number >> shift));
  }
  std::uint64_t value() const { return value_; }

 private:
  std::uint64_t value_ = 0xcbf2'9ce4'8422'2325U;
};

std::uint64_t keyOf(const GuestFault& fault) {
  Hash hash;
  hash.add(static_cast<std::uint8_t>(fault.reason));
  hash.add(fault.message);
  for (const std::uint32_t offset : fault.stack) hash.add(offset);
  return hash.value();
}

std::string times(std::uint64_t count) {
  return count == 1 ? "once more" : std::to_string(count) + " times more";
}

}  // namespace

void FaultLog::write(std::string_view requestId, const GuestFault& fault,
                     const wasm::Symbols& symbols) {
  if (!log_.enabled(LogLevel::error)) return;
  const std::uint64_t key = keyOf(fault);
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
