#include "server/http/deadlines.h"

#include <algorithm>

namespace skiff {

Deadlines::Deadlines(boost::asio::io_context& context, const HttpLimits& limits)
    : durations_{limits.idleTimeout,      limits.headerTimeout, limits.bodyTimeout,
                 limits.writeTimeout,     HttpLimits::kLinger,  HttpLimits::kProbe,
                 limits.handshakeTimeout, limits.partingTimeout},
      tick_(limits.tick()),
      timer_(context) {}

void Deadlines::arm(Deadline& deadline, DeadlineKind kind) {
  deadline.unlink();
  const auto index = static_cast<std::size_t>(kind);
  deadline.kind_ = kind;
  deadline.due_ = std::chrono::steady_clock::now() + durations_[index];
  queues_[index].push_back(deadline);
  if (!ticking_) startTicking();
}

void Deadlines::startTicking() {
  ticking_ = true;
  timer_.expires_after(tick_);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) sweep();
  });
}

void Deadlines::sweep() {
  ticking_ = false;
  const auto now = std::chrono::steady_clock::now();
  for (Queue& queue : queues_) {
    // Owners may arm and disarm while they are told; what they arm is due after `now`.
    while (!queue.empty() && queue.front().due_ <= now) {
      Deadline& deadline = queue.front();
      deadline.unlink();
      deadline.owner_.onDeadline(deadline.kind_);
    }
  }
  const bool armed = std::any_of(queues_.begin(), queues_.end(),
                                 [](const Queue& queue) { return !queue.empty(); });
  if (armed && !ticking_) startTicking();
}

}  // namespace skiff
