#include "server/observe/guest_log.h"

#include <algorithm>
#include <utility>

#include "server/observe/json_text.h"

namespace skiff {
namespace {

constexpr std::size_t kRequestIdLimit = 128;
constexpr std::size_t kNameLimit = 128;
/// A byte of text takes at most six in a line ("\u001b"), and the line's frame less than two more
/// per byte of the shortest line limit that makes sense.
constexpr std::uint64_t kWorstGrowth = 8;
/// The frame of a line besides the names: below this much there is no use in formatting one.
constexpr double kLeastLine = 96;
/// Less could not hold a line of any use.
constexpr ByteSize kLeastBurst = 4_KiB;
constexpr std::uint64_t kSecondsAtOnce = 4;

/// Of what a tenant or an app may log, what may come at once; 0: nothing may.
std::uint64_t burstOf(const Quota& quota) {
  const std::uint64_t rate = quota.limits.logBytesPerSecond().bytes();
  return rate == 0 ? 0 : std::max(kSecondsAtOnce * rate, kLeastBurst.bytes());
}

std::string_view levelWord(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return "debug";
    case LogLevel::info:
      return "info";
    case LogLevel::warn:
      return "warn";
    case LogLevel::error:
      return "error";
    case LogLevel::none:
      break;
  }
  return "none";
}

std::string formatNames(std::string_view tenant, std::string_view app) {
  std::string text = ",\"tenant\":";
  appendJsonString(text, tenant, kNameLimit);
  text += ",\"app\":";
  appendJsonString(text, app, kNameLimit);
  return text;
}

}  // namespace

AppGuestLog::AppGuestLog(std::string_view tenant, std::string_view app, LogSink& sink,
                         GuestLogOptions options)
    : names_(formatNames(tenant, app)),
      sink_(sink),
      options_(std::move(options)),
      tokens_(burst()),
      refilled_(options_.steadyNow()) {}

bool AppGuestLog::enabled(LogLevel level) const {
  return level != LogLevel::none && level >= options_.minimum && sink_.enabled();
}

void AppGuestLog::write(LogLevel level, std::string_view requestId, std::string_view text) {
  if (!enabled(level) || text.empty()) return;
  const std::lock_guard lock(mutex_);
  refill();
  reportDropped();

  // Nothing beyond the bucket's size could be paid for, and looking for its lines would cost time.
  const auto most = static_cast<std::size_t>(mostAtOnce());
  std::string_view rest = text.substr(0, most);
  while (!rest.empty() && droppedWrites_ == 0) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    std::string_view line = rest.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!line.empty() && !writeLine(level, requestId, line)) break;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  const std::size_t unread = text.size() - std::min(text.size(), most);
  noteDropped(rest.size() + unread);
}

void AppGuestLog::writeEntry(LogLevel level, std::string_view requestId, std::string_view text) {
  if (!enabled(level) || text.empty()) return;
  const std::lock_guard lock(mutex_);
  refill();
  reportDropped();
  if (droppedWrites_ != 0 || !writeLine(level, requestId, text)) noteDropped(text.size());
}

bool AppGuestLog::writeLine(LogLevel level, std::string_view requestId, std::string_view line) {
  if (tokens_ < kLeastLine) return false;
  const std::size_t limit = lineLimit();
  beginLine(requestId, level);
  appendJsonString(line_, line, limit);
  if (line.size() > limit) {
    line_.append(",\"cut_bytes\":").append(std::to_string(line.size() - limit));
  }
  return payAndSend();
}

void AppGuestLog::noteDropped(std::size_t bytes) {
  if (bytes == 0) return;
  droppedBytes_ += bytes;
  droppedTotal_ += bytes;
  ++droppedWrites_;
  if (options_.quota) options_.quota->addDroppedLog(bytes);
}

void AppGuestLog::flush() {
  const std::lock_guard lock(mutex_);
  refill();
  reportDropped();
}

std::uint64_t AppGuestLog::droppedBytes() const {
  const std::lock_guard lock(mutex_);
  return droppedTotal_;
}

void AppGuestLog::refill() {
  const auto now = options_.steadyNow();
  const std::chrono::duration<double> passed = now - refilled_;
  if (passed.count() <= 0) return;
  refilled_ = now;
  tokens_ = std::min(burst(), tokens_ + passed.count() * rate());
}

double AppGuestLog::rate() const {
  const ByteSize rate =
      options_.quota ? options_.quota->limits.logBytesPerSecond() : options_.bytesPerSecond;
  return static_cast<double>(rate.bytes());
}

double AppGuestLog::burst() const {
  if (options_.quota) return static_cast<double>(burstOf(*options_.quota));
  return static_cast<double>(std::max(options_.burst, kLeastBurst).bytes());
}

/// What both buckets can pay for when they are full.
double AppGuestLog::mostAtOnce() const {
  if (!options_.quota) return burst();
  return std::min(burst(), static_cast<double>(burstOf(*options_.quota->tenant)));
}

/// A line longer than the whole bucket could never be paid for.
std::size_t AppGuestLog::lineLimit() const {
  return std::min<std::size_t>(options_.lineLimit.bytes(),
                               static_cast<std::size_t>(mostAtOnce()) / kWorstGrowth);
}

/// A quarter of both buckets is full.
bool AppGuestLog::isRoomy() const {
  if (tokens_ < burst() / 4) return false;
  if (!options_.quota) return true;
  const TenantQuota& tenant = *options_.quota->tenant;
  const std::uint64_t burst = burstOf(tenant);
  if (burst == 0) return false;
  const TokenRate rate{tenant.limits.logBytesPerSecond().bytes(), burst};
  return tenant.logged.wait(burst / 4, rate, options_.steadyNow()).count() == 0;
}

/// Once something was dropped all is, until there is room again: pieces that hang together are
/// worth more than a line here and there.
void AppGuestLog::reportDropped() {
  if (droppedWrites_ == 0 || !isRoomy()) return;
  beginLine({}, LogLevel::warn);
  appendJsonString(line_, "over the log's rate limit: " + std::to_string(droppedBytes_) +
                              " bytes in " + std::to_string(droppedWrites_) +
                              " writes were dropped");
  if (!payAndSend()) return;
  droppedBytes_ = 0;
  droppedWrites_ = 0;
}

void AppGuestLog::beginLine(std::string_view requestId, LogLevel level) {
  line_.assign("{\"time\":\"").append(time_.format(options_.wallNow())).append("\"");
  line_.append(names_).append(",\"request_id\":");
  appendJsonString(line_, requestId, kRequestIdLimit);
  line_.append(",\"level\":\"").append(levelWord(level)).append("\",\"message\":");
}

bool AppGuestLog::payTenant() {
  if (!options_.quota) return true;
  TenantQuota& tenant = *options_.quota->tenant;
  const std::uint64_t rate = tenant.limits.logBytesPerSecond().bytes();
  if (rate == 0) return false;
  return tenant.logged.tryTake(line_.size(), {rate, burstOf(tenant)}, options_.steadyNow());
}

bool AppGuestLog::payAndSend() {
  line_.append("}\n");
  const auto cost = static_cast<double>(line_.size());
  if (tokens_ < cost || !payTenant()) return false;
  tokens_ -= cost;
  sink_.append(line_);
  if (options_.tail) options_.tail->append(std::string_view(line_).substr(0, line_.size() - 1));
  return true;
}

}  // namespace skiff
