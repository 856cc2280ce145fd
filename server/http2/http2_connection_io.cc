#include "server/http2/http2_connection.h"

// What a connection does with its socket and its deadlines; what it does with frames and streams is
// in http2_connection.cc.

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace skiff {
namespace {

/// Read in a row before what was read is acted upon.
constexpr int kReadsInTurn = 4;
constexpr std::size_t kReadSize = std::size_t{16} << 10;
/// The largest frame that is sent (RFC 9113, 4.2), with its head.
constexpr std::size_t kFrame = (std::size_t{16} << 10) + 9;
/// Gathered before it is sent.
constexpr std::size_t kGathered = std::size_t{48} << 10;
/// Frames that wait for a client that takes nothing, before it is not listened to.
constexpr std::size_t kQueuedFrames = 512;
/// Bytes that a lingering connection reads and forgets before it is closed.
constexpr std::size_t kLingerBytes = 1 << 20;

}  // namespace

// Input.

void Http2Connection::onSocketEvents(std::uint32_t events) {
  constexpr std::uint32_t kEnd = EPOLLRDHUP | EPOLLHUP | EPOLLERR;
  if ((events & (EPOLLIN | kEnd)) != 0) readable_ = true;
  if ((events & kEnd) != 0) hungUp_ = true;
  if ((events & EPOLLOUT) != 0) blocked_ = false;
  RequestHandler& handler = shard_.handler;
  handler.onEventBegin();
  ++depth_;
  if (readable_) receive();
  --depth_;
  settle();
  handler.onEventEnd();
}

bool Http2Connection::mayReceive() const {
  if (phase_ == Phase::closed || broken_) return false;
  return !blocked_ || session_.outputFrames() <= kQueuedFrames;
}

void Http2Connection::receive() {
  std::array<char, kReadSize> space;
  try {
    for (int i = 0; i < kReadsInTurn && readable_ && mayReceive(); ++i) {
      const ssize_t got = socket_.receive(space);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
        readable_ = socket_.receivingNeedsRoom();
        if (readable_) awaitRoom();
        return;
      }
      if (got <= 0) {
        // Whether it said so or not: what is unfinished cannot be finished any more.
        endReason_ = Reason::clientGone;
        endDetail_ = "the client closed the connection";
        broken_ = true;
        return;
      }
      const auto bytes = static_cast<std::size_t>(got);
      readable_ = hungUp_ || socket_.mayHoldMore(bytes, space.size());
      feed(std::span(space).first(bytes));
    }
  } catch (const std::exception& error) {
    return fallOver(error);
  }
  if (readable_ && mayReceive()) receiveLater();
}

void Http2Connection::feed(std::span<const char> bytes) {
  if (phase_ == Phase::linger) {
    dropped_ += bytes.size();
    if (dropped_ > kLingerBytes) broken_ = true;
    return;
  }
  receivedAt_ = std::chrono::steady_clock::now();
  inSession_ = true;
  const bool goesOn = session_.feed(bytes);
  inSession_ = false;
  if (!goesOn || !session_.wantsRead()) {
    if (endReason_ == Reason::clientGone) {
      endReason_ = Reason::badRequest;
      endDetail_ = "the client breaks the rules of HTTP/2";
    }
  }
}

// Output.

void Http2Connection::append(std::string_view bytes) {
  if (!out_) out_ = shard_.blocks.take();
  const std::size_t room = shard_.blocks.blockSize() - outEnd_;
  const std::size_t fits = std::min(room, bytes.size());
  std::memcpy(out_.get() + outEnd_, bytes.data(), fits);
  outEnd_ += fits;
  outRest_.assign(bytes.substr(fits));
}

/// False if there is nothing to send.
bool Http2Connection::fillOutput() {
  if (!outRest_.empty()) {
    if (outBegin_ != outEnd_) return true;
    outBegin_ = outEnd_ = 0;
    append(std::exchange(outRest_, {}));
  }
  inSession_ = true;
  while (outRest_.empty() && outEnd_ - outBegin_ < kGathered &&
         outEnd_ + kFrame <= shard_.blocks.blockSize()) {
    const std::string_view bytes = session_.nextOutput();
    if (bytes.empty()) break;
    append(bytes);
  }
  inSession_ = false;
  if (outBegin_ != outEnd_) return true;
  outBegin_ = outEnd_ = 0;
  if (out_) shard_.blocks.giveBack(std::move(out_));
  return false;
}

void Http2Connection::pump() {
  if (inSession_ || phase_ == Phase::closed || phase_ == Phase::linger || broken_) return;
  while (!blocked_ && fillOutput()) {
    const ssize_t sent =
        socket_.send({std::string_view(out_.get() + outBegin_, outEnd_ - outBegin_), {}});
    if (sent >= 0) {
      outBegin_ += static_cast<std::size_t>(sent);
      if (outBegin_ == outEnd_) outBegin_ = outEnd_ = 0;
      writeDeadline_.disarm();
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      blocked_ = true;
      awaitRoom();
    } else if (errno != EINTR) {
      broken_ = true;
      return;
    }
  }
  if (blocked_ && !writeDeadline_.is_linked()) {
    shard_.deadlines.arm(writeDeadline_, DeadlineKind::write);
  }
}

// Time.

void Http2Connection::onDeadline(DeadlineKind kind) {
  ++depth_;
  switch (kind) {
    case DeadlineKind::idle:
      end(Http2Error::none, Reason::clientGone, {});
      break;
    case DeadlineKind::head:
      end(phase_ == Phase::preface ? Http2Error::protocol : Http2Error::enhanceYourCalm,
          Reason::requestTimeout, "a request's head did not arrive in time");
      break;
    case DeadlineKind::linger:
      if (phase_ == Phase::preface || phase_ == Phase::open) {
        refuseNew();
      } else {
        broken_ = true;
      }
      break;
    default:
      broken_ = true;
      break;
  }
  --depth_;
  settle();
}

}  // namespace skiff
