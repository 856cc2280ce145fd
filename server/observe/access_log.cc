#include "server/observe/access_log.h"

#include <algorithm>
#include <charconv>

#include "server/observe/json_text.h"

namespace skiff {
namespace {

constexpr std::size_t kPathLimit = 1024;
constexpr std::size_t kHostLimit = 255;
constexpr std::size_t kShortLimit = 128;  // names, ids, addresses, methods
/// More than one line can take, every byte of its texts escaped, so that the buffer never grows.
constexpr std::size_t kLongestLine = 6 * (kPathLimit + kHostLimit + 9 * kShortLimit) + 512;

void appendNumber(std::string& out, std::uint64_t value) {
  char digits[20];
  const auto result = std::to_chars(std::begin(digits), std::end(digits), value);
  out.append(digits, result.ptr);
}

/// "12.345": milliseconds with microseconds after the point.
void appendMilliseconds(std::string& out, std::chrono::nanoseconds time) {
  const auto microseconds = static_cast<std::uint64_t>(
      std::max<std::int64_t>(0, std::chrono::floor<std::chrono::microseconds>(time).count()));
  appendNumber(out, microseconds / 1000);
  const auto rest = static_cast<unsigned>(microseconds % 1000);
  const char fraction[] = {'.', static_cast<char>('0' + rest / 100),
                           static_cast<char>('0' + rest / 10 % 10),
                           static_cast<char>('0' + rest % 10)};
  out.append(fraction, sizeof fraction);
}

void appendText(std::string& out, std::string_view key, std::string_view text,
                std::size_t limit = kShortLimit) {
  out.append(key);
  appendJsonString(out, text, limit);
}

}  // namespace

AccessLog::AccessLog(LogSink& sink) : sink_(sink) {
  if (enabled()) buffer_.reserve(kFlushBytes + kLongestLine);
}

AccessLog::~AccessLog() {
  flush();
}

void AccessLog::record(const AccessRecord& record) {
  if (!enabled()) return;
  std::string& out = buffer_;
  out.append("{\"time\":\"").append(time_.format(record.time)).append("\"");
  appendText(out, ",\"request_id\":", record.requestId);
  appendText(out, ",\"tenant\":", record.tenant);
  appendText(out, ",\"app\":", record.app);
  appendText(out, ",\"version\":", record.version);
  appendText(out, ",\"method\":", record.method);
  appendText(out, ",\"host\":", record.host, kHostLimit);
  appendText(out, ",\"path\":", record.path, kPathLimit);
  if (!record.protocol.empty()) appendText(out, ",\"protocol\":", record.protocol);
  out.append(",\"status\":");
  appendNumber(out, static_cast<std::uint64_t>(std::max(record.status, 0)));
  appendText(out, ",\"reason\":", reasonWord(record.reason));
  out.append(",\"duration_ms\":");
  appendMilliseconds(out, record.duration);
  out.append(",\"cpu_ms\":");
  appendMilliseconds(out, record.cpu);
  if (record.queued.count() != 0) {
    out.append(",\"queue_ms\":");
    appendMilliseconds(out, record.queued);
  }
  out.append(",\"bytes_in\":");
  appendNumber(out, record.bytesIn);
  out.append(",\"bytes_out\":");
  appendNumber(out, record.bytesOut);
  appendText(out, ",\"source\":", record.source);
  if (!record.tls.empty()) appendText(out, ",\"tls\":", record.tls);
  out.append(record.cold ? ",\"cold\":true}\n" : ",\"cold\":false}\n");
  ++lines_;
  if (out.size() >= kFlushBytes) flush();
}

void AccessLog::flush() {
  if (buffer_.empty()) return;
  sink_.append(buffer_, lines_);
  buffer_.clear();
  lines_ = 0;
}

}  // namespace skiff
