// How a stream sends its answer.

#include <array>
#include <cstring>
#include <utility>

#include "server/http2/http2_connection.h"
#include "server/http2/http2_stream.h"

namespace skiff {

std::optional<std::string_view> Http2Stream::makeHead(const ResponseHead& head,
                                                      const ResponsePlan& plan,
                                                      const ServerTiming* timing) {
  return connection_.fieldsFor(this).makeHead(head, plan, connection_.date(), timing);
}

std::uint64_t Http2Stream::sendHead() {
  const ResponseFields* const fields = connection_.fieldsOf(*this);
  if (fields == nullptr) return 0;
  connection_.fieldsFor(nullptr);
  // An end that the head itself tells leaves no time to tell a client to stop sending.
  const bool hasBody =
      !lastReleased_ || output_.pendingSize() != 0 || trailers_ != nullptr || !requestEnded_;
  connection_.session().respond(id_, fields->fields(),
                                hasBody ? Http2Session::Body::follows : Http2Session::Body::none);
  given_ = !hasBody;
  return fields->size();
}

std::uint64_t Http2Stream::release(const BodyPart& part) {
  const std::size_t held = output_.heldSize();
  output_.release("");
  lastReleased_ = part.last;
  if (isClosed_ || isReset_) {
    connection_.fieldsFor(nullptr);
    return held;
  }
  if (part.last && part.framing == ResponseFraming::chunked && !part.trailers.empty()) {
    trailers_ = &part.trailers;
    trailersTiming_ = part.timing;
  }
  const std::uint64_t head = sendHead();
  if (std::exchange(isDeferred_, false)) connection_.session().resume(id_);
  countUnsent();
  return head + held;
}

std::uint64_t Http2Stream::releaseLarge(std::string body) {
  const std::uint64_t size = body.size();
  output_.releaseLarge({}, std::move(body));
  lastReleased_ = true;
  if (isClosed_ || isReset_) {
    connection_.fieldsFor(nullptr);
    return size;
  }
  const std::uint64_t head = sendHead();
  countUnsent();
  return head + size;
}

std::uint64_t Http2Stream::sendContinue() {
  constexpr std::array<Header, 1> kContinue{{{":status", "100"}}};
  if (!isClosed_ && !isReset_) connection_.session().inform(id_, kContinue);
  return kContinue[0].name.size() + kContinue[0].value.size();
}

void Http2Stream::sendPending() {
  if (!away_) connection_.pump();
}

Http2Chunk Http2Stream::fill(std::span<std::byte> into) {
  Http2Chunk chunk;
  if (frozen_ || isReset_) {
    isDeferred_ = true;
    return chunk;
  }
  while (chunk.size < into.size() && output_.pendingSize() != 0) {
    const auto pieces = output_.pending().pieces;
    const std::string_view piece = pieces[0].empty() ? pieces[1] : pieces[0];
    const std::size_t size = std::min(piece.size(), into.size() - chunk.size);
    std::memcpy(into.data() + chunk.size, piece.data(), size);
    output_.consume(size);
    chunk.size += size;
  }
  if (chunk.size != 0) {
    countUnsent();
    outputMoved_ = true;
    writeDeadline_.disarm();
    connection_.touch(*this);
  }
  if (output_.pendingSize() == 0 && lastReleased_) {
    chunk.end = given_ = true;
    connection_.touch(*this);
    if (trailers_ != nullptr) {
      ResponseFields& fields = connection_.fieldsFor(nullptr);
      fields.makeTrailers(*trailers_, trailersTiming_);
      chunk.trailers = !fields.fields().empty();
      if (chunk.trailers) connection_.session().submitTrailers(id_, fields.fields());
    }
  }
  if (chunk.size == 0 && !chunk.end) isDeferred_ = true;
  return chunk;
}

void Http2Stream::countUnsent() {
  const std::size_t now = output_.pendingSize();
  connection_.countUnsent(static_cast<std::ptrdiff_t>(now) - static_cast<std::ptrdiff_t>(unsent_));
  unsent_ = now;
}

/// What is left of it is not sent.
void Http2Stream::loseAnswer() {
  lost_ += output_.pendingSize();
  if (exchange_) exchange_->loseOutput(lost_);
  dropOutput();
}

void Http2Stream::dropOutput() {
  output_.clear();
  countUnsent();
}

/// The time that a client has to take something runs for each stream: it may take others' bytes
/// and starve this one's.
void Http2Stream::watchOutput() {
  if (output_.pendingSize() == 0 || isClosed_) {
    writeDeadline_.disarm();
  } else if (!writeDeadline_.is_linked()) {
    connection_.shard().deadlines.arm(writeDeadline_, DeadlineKind::write);
  }
}

}  // namespace skiff
