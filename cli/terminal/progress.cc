#include "cli/terminal/progress.h"

#include <algorithm>
#include <ostream>

#include "cli/terminal/human.h"
#include "cli/terminal/table.h"
#include "config/printable.h"

namespace skiff::cli {
namespace {

constexpr std::size_t kStepColumns = 8;
constexpr std::size_t kBarColumns = 24;
constexpr std::size_t kDefaultColumns = 80;
constexpr std::chrono::milliseconds kRedraw{80};

std::string bar(std::uint64_t done, std::uint64_t total) {
  const double part = std::min(1.0, static_cast<double>(done) / static_cast<double>(total));
  const auto filled = static_cast<std::size_t>(part * kBarColumns);
  std::string text = "[" + std::string(filled, '=');
  if (filled < kBarColumns) text += ">" + std::string(kBarColumns - filled - 1, ' ');
  return text + "] ";
}

}  // namespace

void Progress::update(std::string_view step, std::string_view detail, std::uint64_t done,
                      std::uint64_t total) {
  if (!console_.isLively) return;
  const auto now = now_();
  const bool isNew = step_ != step;
  if (isNew) {
    finish();
    step_ = step;
    begin_ = now;
  }
  detail_ = detail;
  done_ = done;
  total_ = total;
  if (!isNew && now - drawn_ < kRedraw) return;
  drawn_ = now;
  console_.errors << "\r" << line(false) << "\x1b[K" << std::flush;
}

void Progress::finish() {
  if (step_.empty()) return;
  console_.errors << "\r" << line(true) << "\x1b[K\n" << std::flush;
  step_.clear();
}

std::string Progress::line(bool isWhole) const {
  std::string text = cutTo(printable(step_), kStepColumns);
  text.append(kStepColumns + 1 - columnsOf(text), ' ');
  if (total_ > 0 && !isWhole) text += bar(done_, total_);
  if (done_ > 0) text += humanBytes(done_);
  if (total_ > 0 && !isWhole) text += " of " + humanBytes(total_);
  if (done_ > 0) {
    const std::chrono::duration<double> passed = now_() - begin_;
    if (passed.count() > 0.5) {
      const double rate = static_cast<double>(done_) / passed.count();
      text += ", " + humanBytes(static_cast<std::uint64_t>(rate)) + "/s";
    }
  }
  if (!detail_.empty()) text += (done_ > 0 ? "  " : "") + printable(detail_);
  const std::size_t width = console_.width > 0 ? console_.width : kDefaultColumns;
  return cutTo(text, width - 1);
}

}  // namespace skiff::cli
