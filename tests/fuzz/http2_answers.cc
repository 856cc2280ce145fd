#include "tests/fuzz/http2_answers.h"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <optional>
#include <string>

namespace skiff {
namespace {

constexpr std::string_view kPreface = NGHTTP2_CLIENT_MAGIC;
constexpr std::size_t kFrameHead = 9;
constexpr std::size_t kLargestFrame = 16'384;
constexpr std::uint64_t kFirstWindow = 65'535;

void require(bool condition, const char* rule) {
  if (condition) return;
  std::fprintf(stderr, "broken: %s\n", rule);
  std::abort();
}

bool isLowerCase(std::string_view name) {
  return std::none_of(name.begin(), name.end(),
                      [](char byte) { return byte >= 'A' && byte <= 'Z'; });
}

/// A field that HTTP/2 does not have (RFC 9113, 8.2.2).
bool speaksOfConnection(std::string_view name) {
  constexpr std::string_view kNames[] = {"connection",        "keep-alive", "proxy-connection",
                                         "transfer-encoding", "upgrade",    "te"};
  return std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
}

std::uint32_t numberIn(std::string_view bytes, std::size_t at, std::size_t size) {
  std::uint32_t number = 0;
  for (std::size_t i = 0; i < size; ++i) {
    number = number << 8 | static_cast<unsigned char>(bytes[at + i]);
  }
  return number;
}

}  // namespace

struct Http2Answers::Frame {
  std::uint8_t type = 0;
  std::uint8_t flags = 0;
  std::uint32_t stream = 0;
  std::string_view payload;

  /// One of which no more than this has come.
  static std::optional<Frame> begun(std::string_view bytes) {
    if (bytes.size() < kFrameHead) return std::nullopt;
    return Frame{static_cast<std::uint8_t>(bytes[3]), static_cast<std::uint8_t>(bytes[4]),
                 numberIn(bytes, 5, 4) & 0x7fffffff, bytes.substr(kFrameHead)};
  }
  /// Takes one off; nothing if there is none that is complete.
  static std::optional<Frame> take(std::string_view& bytes) {
    auto frame = begun(bytes);
    if (!frame) return std::nullopt;
    const std::size_t size = numberIn(bytes, 0, 3);
    if (frame->payload.size() < size) return std::nullopt;
    frame->payload = frame->payload.substr(0, size);
    bytes.remove_prefix(kFrameHead + size);
    return frame;
  }
};

void Http2Answers::Free::operator()(nghttp2_hd_inflater* inflater) const {
  nghttp2_hd_inflate_del(inflater);
}

Http2Answers::Http2Answers(std::string_view sent, std::string_view received)
    : firstWindow_(kFirstWindow) {
  nghttp2_hd_inflater* inflater = nullptr;
  require(nghttp2_hd_inflate_new(&inflater) == 0, "there is memory");
  inflater_.reset(inflater);
  if (!sent.starts_with(kPreface)) return;
  sent.remove_prefix(kPreface.size());
  while (const auto frame = Frame::take(sent)) noteSent(*frame);
  // Fields are read as they come: one that is wrong is answered before its frame is whole.
  if (const auto frame = Frame::begun(sent)) noteSent(*frame);
  bool isFirst = true;
  while (const auto frame = Frame::take(received)) {
    require(!isFirst || (frame->type == NGHTTP2_SETTINGS && frame->flags == 0),
            "the first frame is SETTINGS");
    isFirst = false;
    noteReceived(*frame);
  }
  cut_ = !received.empty();
}

Http2Answers::~Http2Answers() = default;

/// Whether the server took it so or not: at most this was allowed to it.
void Http2Answers::noteSent(const Frame& frame) {
  switch (frame.type) {
    case NGHTTP2_HEADERS: {
      Stream& stream = streams_[frame.stream];
      opened_ += stream.opened ? 0 : 1;
      stream.opened = true;
      break;
    }
    case NGHTTP2_RST_STREAM:
      streams_[frame.stream].resetByUs = true;
      break;
    case NGHTTP2_WINDOW_UPDATE:
      if (frame.payload.size() == 4) {
        streams_[frame.stream].window += numberIn(frame.payload, 0, 4) & 0x7fffffff;
      }
      break;
    case NGHTTP2_SETTINGS:
      for (std::size_t at = 0; at + 6 <= frame.payload.size(); at += 6) {
        if (numberIn(frame.payload, at, 2) != NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE) continue;
        firstWindow_ = std::max<std::uint64_t>(firstWindow_, numberIn(frame.payload, at + 2, 4));
      }
      break;
    default:
      break;
  }
}

void Http2Answers::noteReceived(const Frame& frame) {
  require(frame.payload.size() <= kLargestFrame, "no frame is larger than 16 KiB");
  const bool isOfConnection =
      frame.type == NGHTTP2_SETTINGS || frame.type == NGHTTP2_PING || frame.type == NGHTTP2_GOAWAY;
  require(!isOfConnection || frame.stream == 0, "frames of the connection are on stream 0");
  switch (frame.type) {
    case NGHTTP2_DATA:
      return noteData(frame);
    case NGHTTP2_HEADERS:
      return noteHead(frame);
    case NGHTTP2_RST_STREAM: {
      require(frame.payload.size() == 4, "RST_STREAM has four bytes");
      const auto found = streams_.find(frame.stream);
      require(frame.stream != 0 && found != streams_.end(),
              "only streams that were named are reset");
      found->second.reset = true;
      return;
    }
    case NGHTTP2_SETTINGS:
      return require(frame.payload.size() % 6 == 0, "SETTINGS are whole");
    case NGHTTP2_PING:
      return require(frame.payload.size() == 8, "PING has eight bytes");
    case NGHTTP2_GOAWAY:
      require(frame.payload.size() >= 8, "GOAWAY has eight bytes or more");
      goodbye_ = true;
      return;
    case NGHTTP2_WINDOW_UPDATE:
      return require(frame.payload.size() == 4 && numberIn(frame.payload, 0, 4) != 0,
                     "WINDOW_UPDATE gives something");
    default:
      return require(false, "a server sends no such frame");
  }
}

Http2Answers::Stream& Http2Answers::answerable(const Frame& frame) {
  const auto found = streams_.find(frame.stream);
  require(found != streams_.end() && found->second.opened && frame.stream % 2 == 1,
          "only streams are answered that the client has opened");
  Stream& stream = found->second;
  require(!stream.ended, "nothing comes after the end of a stream");
  require(!stream.reset, "nothing comes on a stream that was reset");
  stream.ended = (frame.flags & NGHTTP2_FLAG_END_STREAM) != 0;
  return stream;
}

void Http2Answers::noteHead(const Frame& frame) {
  Stream& stream = answerable(frame);
  require((frame.flags & NGHTTP2_FLAG_END_HEADERS) != 0, "heads fit into a frame");
  std::string status;
  auto block = frame.payload;
  while (true) {
    nghttp2_nv field;
    int flags = 0;
    const ssize_t used = nghttp2_hd_inflate_hd2(inflater_.get(), &field, &flags,
                                                reinterpret_cast<const std::uint8_t*>(block.data()),
                                                block.size(), 1);
    require(used >= 0, "fields can be decompressed");
    block.remove_prefix(static_cast<std::size_t>(used));
    if ((flags & NGHTTP2_HD_INFLATE_EMIT) != 0) {
      const std::string_view name(reinterpret_cast<const char*>(field.name), field.namelen);
      require(isLowerCase(name), "names are in lower case");
      require(!speaksOfConnection(name), "no field speaks of the connection");
      if (name == ":status")
        status.assign(reinterpret_cast<const char*>(field.value), field.valuelen);
    }
    if ((flags & NGHTTP2_HD_INFLATE_FINAL) != 0) break;
  }
  nghttp2_hd_inflate_end_headers(inflater_.get());
  if (stream.answered) {
    require(status.empty(), "a stream is answered once");
    require(stream.ended, "trailers are the end");
    return;
  }
  require(status.size() == 3, "an answer has a status");
  if (status[0] != '1') stream.answered = true;
  require(stream.answered || !stream.ended, "what informs is not the end");
}

void Http2Answers::noteData(const Frame& frame) {
  Stream& stream = answerable(frame);
  require(stream.answered, "a body comes behind a head");
  stream.data += frame.payload.size();
  data_ += frame.payload.size();
  require(stream.data <= firstWindow_ + stream.window, "a stream's window is kept to");
  require(data_ <= kFirstWindow + streams_[0].window, "the connection's window is kept to");
}

std::size_t Http2Answers::settled() const {
  return static_cast<std::size_t>(
      std::count_if(streams_.begin(), streams_.end(), [](const auto& entry) {
        return entry.second.answered || entry.second.reset || entry.second.resetByUs;
      }));
}

}  // namespace skiff
