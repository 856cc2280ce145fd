#include "tests/server/http2/http2_client.h"

#include <nghttp2/nghttp2.h>

#include <stdexcept>

namespace skiff::testing {

std::string bigEndian(std::uint64_t number, unsigned bytes) {
  std::string text;
  while (bytes-- != 0) text += static_cast<char>(number >> (8 * bytes) & 0xff);
  return text;
}

std::string frame(std::uint8_t type, std::uint8_t flags, std::uint32_t stream,
                  std::string_view payload) {
  return bigEndian(payload.size(), 3) + bigEndian(type, 1) + bigEndian(flags, 1) +
         bigEndian(stream, 4) + std::string(payload);
}

std::string setting(std::uint16_t name, std::uint32_t value) {
  return bigEndian(name, 2) + bigEndian(value, 4);
}

Fields get(const std::string& path, const Fields& more) {
  Fields fields{{":method", "GET"}, {":scheme", "http"}, {":authority", "a.test"}, {":path", path}};
  fields.insert(fields.end(), more.begin(), more.end());
  return fields;
}

Fields post(const std::string& path, const Fields& more) {
  Fields fields = get(path, more);
  fields[0].second = "POST";
  return fields;
}

std::uint32_t Frame::number(std::size_t at) const {
  std::uint32_t number = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    number = number << 8 | static_cast<std::uint8_t>(payload.at(at + i));
  }
  return number;
}

void Http2Client::FreeDeflater::operator()(nghttp2_hd_deflater* deflater) const {
  nghttp2_hd_deflate_del(deflater);
}
void Http2Client::FreeInflater::operator()(nghttp2_hd_inflater* inflater) const {
  nghttp2_hd_inflate_del(inflater);
}

Http2Client::Http2Client(std::uint16_t port, Begin, int receiveBuffer)
    : socket_(port, receiveBuffer) {
  nghttp2_hd_deflater* deflater = nullptr;
  nghttp2_hd_inflater* inflater = nullptr;
  if (nghttp2_hd_deflate_new(&deflater, 4096) != 0 || nghttp2_hd_inflate_new(&inflater) != 0) {
    throw std::bad_alloc();
  }
  deflater_.reset(deflater);
  inflater_.reset(inflater);
}

Http2Client::Http2Client(std::uint16_t port, std::string_view settings, int receiveBuffer)
    : Http2Client(port, Begin::silent, receiveBuffer) {
  send(std::string(kPreface) + frame(kSettings, 0, 0, settings));
}

Http2Client::~Http2Client() = default;

std::string Http2Client::compress(const Fields& fields) {
  std::vector<nghttp2_nv> array;
  for (const auto& [name, value] : fields) {
    const auto bytes = [](const std::string& text) {
      return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
    };
    array.push_back({bytes(name), bytes(value), name.size(), value.size(), 0});
  }
  std::string block(nghttp2_hd_deflate_bound(deflater_.get(), array.data(), array.size()), '\0');
  const ssize_t size =
      nghttp2_hd_deflate_hd(deflater_.get(), reinterpret_cast<std::uint8_t*>(block.data()),
                            block.size(), array.data(), array.size());
  if (size < 0) throw std::runtime_error("cannot be compressed");
  block.resize(static_cast<std::size_t>(size));
  return block;
}

std::string Http2Client::headers(std::uint32_t stream, const Fields& fields, std::uint8_t flags) {
  return frame(kHeaders, flags, stream, compress(fields));
}

bool Http2Client::fill(std::size_t size) {
  while (input_.size() < size) {
    const std::string more = socket_.readSome();
    if (more.empty()) return false;
    input_ += more;
  }
  return true;
}

std::optional<Frame> Http2Client::read() {
  constexpr std::size_t kHead = 9;
  if (!fill(kHead)) {
    ended_ = true;
    return std::nullopt;
  }
  Frame head;
  head.payload = input_.substr(0, kHead);
  const std::size_t size = head.number(0) >> 8;
  Frame frame;
  frame.type = static_cast<std::uint8_t>(input_[3]);
  frame.flags = static_cast<std::uint8_t>(input_[4]);
  frame.stream = head.number(5);
  if (!fill(kHead + size)) {
    ended_ = true;
    return std::nullopt;
  }
  frame.payload = input_.substr(kHead, size);
  input_.erase(0, kHead + size);
  note(frame);
  return frame;
}

Fields Http2Client::decompress(std::string_view block) {
  Fields fields;
  while (true) {
    nghttp2_nv field;
    int flags = 0;
    const ssize_t taken = nghttp2_hd_inflate_hd2(
        inflater_.get(), &field, &flags, reinterpret_cast<const std::uint8_t*>(block.data()),
        block.size(), 1);
    if (taken < 0) throw std::runtime_error("the server's fields cannot be decompressed");
    block.remove_prefix(static_cast<std::size_t>(taken));
    if ((flags & NGHTTP2_HD_INFLATE_EMIT) != 0) {
      fields.emplace_back(std::string(reinterpret_cast<char*>(field.name), field.namelen),
                          std::string(reinterpret_cast<char*>(field.value), field.valuelen));
    }
    if ((flags & NGHTTP2_HD_INFLATE_FINAL) != 0) break;
  }
  nghttp2_hd_inflate_end_headers(inflater_.get());
  return fields;
}

void Http2Client::noteHead(std::uint32_t id, bool ends) {
  StreamAnswer& answer = streams_[id];
  const Fields fields = decompress(block_);
  if (!answer.status.empty()) {
    answer.trailers.insert(fields.begin(), fields.end());
  } else if (!fields.empty() && fields[0].second.starts_with('1')) {
    answer.informed.push_back(fields[0].second);
  } else {
    answer.fields.insert(fields.begin(), fields.end());
    answer.status = answer.fields[":status"];
  }
  answer.complete = ends;
}

void Http2Client::note(const Frame& frame) {
  switch (frame.type) {
    case kData:
      streams_[frame.stream].body += frame.payload;
      streams_[frame.stream].complete = frame.ends();
      break;
    case kHeaders:
      block_.clear();
      blockEnds_ = frame.ends();
      [[fallthrough]];
    case kContinuation:
      block_ += frame.payload;
      if ((frame.flags & kEndHeaders) != 0) noteHead(frame.stream, blockEnds_);
      break;
    case kRstStream:
      streams_[frame.stream].reset = frame.number(0);
      break;
    case kSettings:
      if ((frame.flags & kAck) != 0) ++settingsAcknowledged_;
      for (std::size_t at = 0; at + 6 <= frame.payload.size(); at += 6) {
        const std::uint32_t name = frame.number(at) >> 16;
        settings_[static_cast<std::uint16_t>(name)] = frame.number(at + 2);
      }
      break;
    case kPing:
      if ((frame.flags & kAck) != 0) {
        pongs_.push_back(frame.payload);
      } else {
        pings_.push_back(frame.payload);
      }
      break;
    case kGoaway:
      lastStream_ = frame.number(0);
      goaway_ = frame.number(4);
      break;
    case kWindowUpdate:
      windowUpdates_[frame.stream] += frame.number(0);
      break;
    default:
      break;
  }
}

bool Http2Client::readUntil(const std::function<bool()>& done) {
  while (!done()) {
    if (!read()) return done();
  }
  return true;
}

const StreamAnswer& Http2Client::answer(std::uint32_t id) {
  StreamAnswer& answer = streams_[id];
  readUntil([&] { return answer.complete || answer.reset; });
  return answer;
}

bool Http2Client::ping() {
  const std::size_t before = pongs_.size();
  send(frame(kPing, 0, 0, "12345678"));
  return readUntil([&] { return pongs_.size() != before; });
}

}  // namespace skiff::testing
