#include "server/http2/http2_connection.h"

#include <spdlog/spdlog.h>

#include <utility>

namespace skiff {
namespace {

/// Steps of streams in a row before other connections get their turn.
constexpr int kStepsInTurn = 1024;
/// Streams, over those that may be open: their guests may not be ended yet.
constexpr std::size_t kLateStreams = 2;

}  // namespace

Http2Connection::Http2Connection(ShardState& shard, Client client, TlsVersion tls,
                                 PolledClient& before, std::string_view received)
    : ClientConnection(shard, std::move(client)),
      tlsVersion_(tls),
      before_(&before),
      received_(received),
      session_(*this, shard.limits),
      block_(shard.limits),
      floods_(shard.limits.http2),
      deadline_(*this),
      writeDeadline_(*this),
      drainDeadline_(*this),
      receivedAt_(std::chrono::steady_clock::now()) {}

Http2Connection::~Http2Connection() {
  streams_.clear_and_dispose([](Http2Stream* stream) { delete stream; });
  if (out_) shard_.blocks.giveBack(std::move(out_));
}

void Http2Connection::start() {
  shard_.poller.replace(socket_.descriptor(), *std::exchange(before_, nullptr), *this);
  ++depth_;
  if (shard_.draining) drain();
  if (!received_.empty()) feed(std::exchange(received_, {}));
  // TLS may have decrypted the first bytes with the last of its handshake.
  readable_ = true;
  receive();
  --depth_;
  settle();
}

void Http2Connection::drain() {
  if (phase_ == Phase::preface || phase_ == Phase::open) {
    announced_ = true;
    session_.announceEnd();
    shard_.deadlines.arm(drainDeadline_, DeadlineKind::linger);
  }
  settle();
}

/// Requests that were on their way when the client heard of the end are here.
void Http2Connection::refuseNew() {
  drainDeadline_.disarm();
  if (!announced_ || std::exchange(refusing_, true)) return;
  session_.refuseNew();
}

void Http2Connection::abort(Reason reason) {
  abort_ = reason;
  for (Http2Stream& stream : streams_) stream.noteAbort(reason);
  settle();
}

// Acting.

void Http2Connection::touch(Http2Stream& stream) {
  if (!stream.dueHook.is_linked()) due_.push_back(stream);
}

void Http2Connection::touchLater(Http2Stream& stream) {
  touch(stream);
  settleLater();
}

void Http2Connection::endOperation() {
  --operations_;
  settleLater();
}

void Http2Connection::settle() {
  if (depth_ != 0) return;  // the one that is under way comes to it
  ++depth_;
  try {
    stepStreams();
    pump();
    // What was sent has moved streams on, and some are over.
    stepStreams();
    pump();
    stepEnd();
    // What is unfinished has ended with the connection.
    if (phase_ == Phase::closed) stepStreams();
  } catch (const std::exception& error) {
    fallOver(error);
  }
  --depth_;
  if (!due_.empty()) settleLater();
  destroyIfDone();
}

void Http2Connection::stepStreams() {
  for (int i = 0; i < kStepsInTurn && !due_.empty(); ++i) {
    Http2Stream& stream = due_.front();
    due_.pop_front();
    stream.step();
    if (stream.isDone()) {
      streams_.erase_and_dispose(streams_.iterator_to(stream),
                                 [](Http2Stream* old) { delete old; });
    }
  }
}

/// A bug outside of what streams guard, or no memory: ends the connection, not the shard.
void Http2Connection::fallOver(const std::exception& error) {
  spdlog::error("connection from {} failed: {}", sourceText(), error.what());
  for (Http2Stream& stream : streams_) stream.breakOff();
  resetSocket();
  close();
}

void Http2Connection::stepEnd() {
  if (phase_ == Phase::closed) return;
  if (broken_) return close();
  if (abort_) {
    if (phase_ != Phase::linger) end(Http2Error::none, *abort_, {});
    pump();
    return close();
  }
  if (phase_ == Phase::linger) return stepLinger();
  if (phase_ != Phase::ending && refusing_ && streams_.empty()) phase_ = Phase::ending;
  const bool isOver = !session_.wantsRead() && !session_.wantsWrite();
  if (isOver && outBegin_ == outEnd_ && outRest_.empty()) {
    loseStreams();
    phase_ = Phase::linger;
    dropped_ = 0;
    return stepLinger();
  }
  watch();
}

/// The client is left to close the connection, so that GOAWAY does not get lost.
void Http2Connection::stepLinger() {
  if (shutDown_) return;
  if (!socket_.shutDownSending()) return awaitRoom();
  shutDown_ = true;
  shard_.deadlines.arm(deadline_, DeadlineKind::linger);
}

/// How long the client may take for what it is to send next.
void Http2Connection::watch() {
  DeadlineKind kind = DeadlineKind::idle;
  if (phase_ == Phase::preface || openHead_ != nullptr) {
    kind = DeadlineKind::head;
  } else if (phase_ == Phase::ending) {
    kind = DeadlineKind::linger;
  } else if (!streams_.empty()) {
    deadline_.disarm();
    return;
  }
  if (!deadline_.isArmed(kind)) shard_.deadlines.arm(deadline_, kind);
}

void Http2Connection::destroyIfDone() {
  if (phase_ == Phase::closed && streams_.empty() && operations_ == 0 && depth_ == 0) {
    shard_.remove(*this);
  }
}

// Ending.

void Http2Connection::calm(std::string_view why) {
  if (phase_ != Phase::preface && phase_ != Phase::open) return;
  spdlog::debug("connection from {} is cut off: {}", sourceText(), why);
  end(Http2Error::enhanceYourCalm, Reason::badRequest, why);
}

void Http2Connection::end(Http2Error error, Reason reason, std::string_view detail) {
  endReason_ = reason;
  endDetail_ = detail;
  session_.terminate(error);
  phase_ = Phase::ending;
}

void Http2Connection::loseStreams() {
  for (Http2Stream& stream : streams_) stream.noteClosed(endReason_, endDetail_);
}

void Http2Connection::close() {
  phase_ = Phase::closed;
  deadline_.disarm();
  writeDeadline_.disarm();
  drainDeadline_.disarm();
  outBegin_ = outEnd_ = 0;
  outRest_.clear();
  (void)serverText();  // for the records of what is unfinished
  closeSocket();
  loseStreams();
}

// What comes.

Http2Stream* Http2Connection::onHeadBegin(std::int32_t id) {
  block_.clear();
  openHead_ = nullptr;
  const std::size_t most = kLateStreams * shard_.limits.http2.streams;
  if (streams_.size() >= most || unsent_ > shard_.limits.http2.unsent) {
    onControlFrame();
    session_.reset(id, Http2Error::refusedStream);
    return nullptr;
  }
  floods_.noteWork();
  auto* const stream = new Http2Stream(*this, id);
  streams_.push_back(*stream);
  openHead_ = stream;
  return stream;
}

void Http2Connection::onTrailersBegin(Http2Stream& stream) {
  block_.clear();
  openHead_ = &stream;
}

void Http2Connection::onField(std::string_view name, std::string_view value) {
  block_.add(name, value);
  if (block_.isBomb()) calm("its header fields are far too large");
}

void Http2Connection::onHead(Http2Stream& stream, bool ended) {
  openHead_ = nullptr;
  stream.takeHead(block_, ended);
}

void Http2Connection::onTrailers(Http2Stream& stream) {
  openHead_ = nullptr;
  stream.takeTrailers(block_);
}

void Http2Connection::onMalformed(Http2Stream& stream) {
  openHead_ = nullptr;
  stream.noteMalformed(block_);
}

void Http2Connection::onBody(Http2Stream& stream, std::span<const std::byte> bytes) {
  floods_.noteWork();
  stream.takeBody(bytes);
}

void Http2Connection::onBodyEnd(Http2Stream& stream) {
  stream.endBody();
}

void Http2Connection::onControlFrame() {
  if (!floods_.admitFrame()) calm("it sends too many frames without use");
}

void Http2Connection::onSettings() {
  if (phase_ == Phase::preface) phase_ = Phase::open;
}

void Http2Connection::onPong() {
  refuseNew();
}

void Http2Connection::onReset(Http2Stream& stream) {
  stream.noteReset();
}

void Http2Connection::onStreamClosed(Http2Stream& stream, std::uint32_t error) {
  if (openHead_ == &stream) openHead_ = nullptr;
  const bool isReset = error != static_cast<std::uint32_t>(Http2Error::none);
  if (isReset && !stream.isReset() && !floods_.admitReset())
    calm("too many of its streams are reset");
  stream.noteClosed();
}

Http2Chunk Http2Connection::onDataFrame(Http2Stream& stream, std::span<std::byte> into) {
  const Http2Chunk chunk = stream.fill(into);
  if (chunk.size != 0) floods_.noteWork();
  return chunk;
}

}  // namespace skiff
