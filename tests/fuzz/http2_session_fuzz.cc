// Whatever a client of HTTP/2 sends, in one piece or in any others: the session takes it, what is
// accepted keeps the promises that guests and the router rely on, and what is kept stays bounded.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <memory>
#include <memory_resource>
#include <random>
#include <string_view>

#include "server/http/head_check.h"
#include "server/http2/field_block.h"
#include "server/http2/flood_guard.h"
#include "server/http2/http2_session.h"
#include "server/http2/request_body.h"

namespace skiff {
namespace {

bool isClean(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte == '\t' || (byte >= 0x20 && byte != 0x7f);
  });
}

/// A server that answers every request at once, and reads every body.
class Server final : public Http2SessionListener {
 public:
  Server() : block_(limits_), floods_(limits_.http2), session_(*this, limits_) {}

  void feed(std::string_view bytes) {
    (void)session_.feed(bytes);
    while (!session_.nextOutput().empty()) {
    }
  }

 private:
  struct Stream {
    std::int32_t id = 0;
    RequestBody body;
    std::size_t left = 100'000;  ///< of the answer
  };
  static Stream& of(Http2Stream& stream) { return reinterpret_cast<Stream&>(stream); }

  Http2Stream* onHeadBegin(std::int32_t id) override {
    block_.clear();
    if (streams_.size() > limits_.http2.streams) std::abort();
    auto stream = std::make_unique<Stream>();
    stream->id = id;
    return reinterpret_cast<Http2Stream*>((streams_[id] = std::move(stream)).get());
  }
  void onTrailersBegin(Http2Stream&) override { block_.clear(); }
  void onField(std::string_view name, std::string_view value) override {
    block_.add(name, value);
    if (block_.isBomb()) session_.terminate(Http2Error::enhanceYourCalm);
    if (block_.text().size() > limits_.largestHead() + limits_.headers) std::abort();
  }
  void onHead(Http2Stream& opaque, bool ended) override {
    Stream& stream = of(opaque);
    const std::array<Header, 1> answer{{{":status", "200"}}};
    session_.respond(stream.id, answer, Http2Session::Body::follows);
    if (block_.refusal()) return;
    std::pmr::monotonic_buffer_resource memory;
    RequestHead head(memory);
    RequestFraming framing;
    Http2Head parts = block_.headIn(head.headers.copy(block_.text()), views_);
    parts.ended = ended;
    if (checkHead(parts, Scheme::http, head, framing)) return;
    stream.body.expect(framing);
    if (!isHttpToken(head.method) || head.host.empty()) std::abort();
    if (!head.target.starts_with('/') && head.target != "*") std::abort();
    if (!isClean(head.target) || !isClean(head.host)) std::abort();
    unsigned hosts = 0;
    for (const Header& field : head.headers) {
      if (!isHttpToken(field.name) || !isClean(field.value) || isHopByHop(field.name)) std::abort();
      if (equalsIgnoringCase(field.name, "host")) ++hosts;
    }
    if (hosts != 1) std::abort();
  }
  void onTrailers(Http2Stream& stream) override { onBodyEnd(stream); }
  void onMalformed(Http2Stream&) override {}
  void onBody(Http2Stream& opaque, std::span<const std::byte> bytes) override {
    Stream& stream = of(opaque);
    stream.body.receive(bytes);
    std::array<std::byte, 1'000> into;
    while (stream.body.read(into).size != 0) {
    }
    session_.consume(stream.id, stream.body.takeRead());
  }
  void onBodyEnd(Http2Stream& stream) override { of(stream).body.end(); }
  void onControlFrame() override {
    if (!floods_.admitFrame()) session_.terminate(Http2Error::enhanceYourCalm);
  }
  void onSettings() override {}
  void onPong() override {}
  void onReset(Http2Stream&) override {}
  void onStreamClosed(Http2Stream& stream, std::uint32_t) override {
    const std::int32_t id = of(stream).id;
    streams_.erase(id);
  }
  Http2Chunk onDataFrame(Http2Stream& opaque, std::span<std::byte> into) override {
    Stream& stream = of(opaque);
    const std::size_t size = std::min(into.size(), stream.left);
    std::fill_n(into.begin(), size, std::byte{'x'});
    stream.left -= size;
    return {size, stream.left == 0, false};
  }

  const HttpLimits limits_;
  FieldBlock block_;
  FloodGuard floods_;
  std::vector<Header> views_;
  std::map<std::int32_t, std::unique_ptr<Stream>> streams_;
  Http2Session session_;
};

}  // namespace
}  // namespace skiff

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace skiff;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  Server whole;
  whole.feed(bytes);
  Server pieces;
  std::mt19937 random(static_cast<unsigned>(size));
  for (std::size_t at = 0; at < size;) {
    const std::size_t piece = std::min<std::size_t>(size - at, 1 + random() % 40);
    // A copy of its own, so that a sanitizer sees every byte read beyond the piece.
    pieces.feed(std::string(bytes.substr(at, piece)));
    at += piece;
  }
  return 0;
}
