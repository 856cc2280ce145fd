#include "server/http/request_parser.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <new>

namespace skiff {
namespace {

/// Framing of a chunked body that is allowed beyond 16 bytes a chunk and two bytes a byte: enough
/// for any honest client, too little to make the server read without end.
constexpr std::uint64_t kFramingAllowance = 16 << 10;
constexpr std::uint64_t kFramingPerChunk = 16;

#define SKIFF_METHOD_NAME(number, name, text) std::string_view(#text),
constexpr auto kMethods = std::to_array({HTTP_METHOD_MAP(SKIFF_METHOD_NAME)});
#undef SKIFF_METHOD_NAME

/// Any token may be a method, but all that there are have capitals only (RFC 9110, 9.1): the rest
/// is more likely no request at all.
bool looksLikeMethod(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= 'A' && c <= 'Z') || c == '-' || c == '_'; });
}

}  // namespace

bool isKnownMethod(std::string_view name) {
  return std::find(kMethods.begin(), kMethods.end(), name) != kMethods.end();
}

/// llhttp's C callbacks: each catches everything before it returns to C.
struct RequestParser::Callbacks {
  static RequestParser& self(llhttp_t* parser) {
    return *static_cast<RequestParser*>(parser->data);
  }

  template <class Function>
  static int guarded(llhttp_t* parser, Function function) noexcept {
    try {
      return function(self(parser));
    } catch (const std::bad_alloc&) {
      return self(parser).refuse(Reason::overloaded, 503, "out of memory");
    }
  }

  static int target(llhttp_t* parser, const char* at, std::size_t length) {
    return guarded(parser, [&](RequestParser& p) { return p.onTarget(at, length); });
  }
  static int fieldName(llhttp_t* parser, const char* at, std::size_t length) {
    return guarded(parser, [&](RequestParser& p) { return p.onFieldName(at, length); });
  }
  static int fieldNameComplete(llhttp_t* parser) {
    self(parser).fieldOpen_ = false;
    return 0;
  }
  static int fieldValue(llhttp_t* parser, const char* at, std::size_t length) {
    return guarded(parser, [&](RequestParser& p) { return p.onFieldValue(at, length); });
  }
  static int headersComplete(llhttp_t* parser) {
    // An upgrade is offered, never demanded (RFC 9110, 7.8): the message stays HTTP/1.1.
    parser->upgrade = 0;
    return HPE_PAUSED;
  }
  static int body(llhttp_t* parser, const char* at, std::size_t length) {
    return self(parser).onBody(at, length);
  }
  static int chunkHeader(llhttp_t* parser) { return self(parser).onChunkHeader(); }
  static int messageComplete(llhttp_t* parser) {
    self(parser).phase_ = Phase::done;
    return HPE_PAUSED;
  }

  static const llhttp_settings_t* settings() {
    static const llhttp_settings_t kSettings = [] {
      llhttp_settings_t settings;
      llhttp_settings_init(&settings);
      settings.on_url = target;
      settings.on_header_field = fieldName;
      settings.on_header_field_complete = fieldNameComplete;
      settings.on_header_value = fieldValue;
      settings.on_headers_complete = headersComplete;
      settings.on_body = body;
      settings.on_chunk_header = chunkHeader;
      settings.on_message_complete = messageComplete;
      return settings;
    }();
    return &kSettings;
  }
};

RequestParser::RequestParser(const HttpLimits& limits) : limits_(limits) {
  llhttp_init(&parser_, HTTP_REQUEST, Callbacks::settings());
  parser_.data = this;
}

void RequestParser::reset() {
  llhttp_reset(&parser_);
  refusal_ = {};
  phase_ = Phase::head;
  chunked_ = false;
  fieldOpen_ = false;
  parsed_ = 0;
  headSize_ = 0;
  target_ = {};
  fields_.clear();
  fieldsBegin_ = 0;
  remaining_ = 0;
  bodyLimit_ = UINT64_MAX;
  announced_ = 0;
  received_ = 0;
  framing_ = 0;
  chunks_ = 0;
  trailerText_.clear();
  trailers_.clear();
}

int RequestParser::refuse(Reason reason, int status, std::string_view detail) {
  refusal_ = {reason, status, detail};
  return HPE_USER;
}

std::string_view RequestParser::method() const {
  // Set at the method's end; a target implies it.
  if (target_.length == 0) return {};
  return llhttp_method_name(static_cast<llhttp_method_t>(parser_.method));
}

RequestParser::Head RequestParser::parseHead(std::string_view bytes) {
  if (refusal_) return Head::refused;
  base_ = bytes.data();
  const std::string_view fresh = bytes.substr(parsed_);
  const llhttp_errno_t error = llhttp_execute(&parser_, fresh.data(), fresh.size());
  if (error == HPE_PAUSED) {
    headSize_ = static_cast<std::size_t>(llhttp_get_error_pos(&parser_) - bytes.data());
    // Also when it came in one piece, so that the limit does not depend on how it arrived.
    if (headSize_ > limits_.largestHead()) {
      refuse(Reason::headersTooLarge, 431, "the request's head is too large");
      return Head::refused;
    }
    return Head::complete;
  }
  if (error == HPE_OK) {
    parsed_ = bytes.size();
    // llhttp takes it for HTTP/0.9 and waits for fields, which that does not have.
    if (bytes.substr(target_.offset + target_.length).starts_with("\r\n") && target_.length != 0) {
      refuse(Reason::badRequest, 400, "the request line does not end in a version of HTTP");
      return Head::refused;
    }
    if (parsed_ <= limits_.largestHead()) return Head::more;
    refuse(Reason::headersTooLarge, 431, "the request's head is too large");
    return Head::refused;
  }
  if (!refusal_) refuseForParserError(error, bytes);
  return Head::refused;
}

void RequestParser::refuseForParserError(llhttp_errno_t error, std::string_view bytes) {
  const char* reason = llhttp_get_error_reason(&parser_);
  std::string_view detail = reason != nullptr ? reason : "malformed request";
  switch (error) {
    case HPE_INVALID_VERSION:
      // llhttp calls a bare line feed after the version an invalid version, too.
      if (detail == "Invalid HTTP version") {
        refuse(Reason::badRequest, 505, "only HTTP/1.1 and HTTP/1.0 are served");
        return;
      }
      break;
    case HPE_PAUSED_H2_UPGRADE:
      refuse(Reason::badRequest, 505, "HTTP/2 is not served here");
      return;
    case HPE_INVALID_CONSTANT:
      if (detail == "Invalid method for HTTP/x.x request") {
        refuse(Reason::badRequest, 501, "the request's method is not known");
        return;
      }
      break;
    case HPE_INVALID_METHOD: {
      // The byte that fits no known method is the last to look at: more may have arrived or not.
      const auto parsed = static_cast<std::size_t>(llhttp_get_error_pos(&parser_) - bytes.data());
      if (looksLikeMethod(bytes.substr(0, parsed + 1))) {
        refuse(Reason::badRequest, 501, "the request's method is not known");
        return;
      }
      break;
    }
    default:
      break;
  }
  refuse(Reason::badRequest, 400, detail);
}

bool RequestParser::extend(HeadSpan& span, const char* at, std::size_t length) {
  const auto offset = static_cast<std::uint32_t>(at - base_);
  if (span.length == 0) {
    span = {offset, static_cast<std::uint32_t>(length)};
    return true;
  }
  if (offset != span.offset + span.length) return false;  // folded or interrupted
  span.length += static_cast<std::uint32_t>(length);
  return true;
}

int RequestParser::onTarget(const char* at, std::size_t length) {
  if (!extend(target_, at, length)) return refuse(Reason::badRequest, 400, "malformed target");
  if (target_.length <= limits_.uri) return 0;
  return refuse(Reason::uriTooLong, 414, "the request's target is too long");
}

int RequestParser::onFieldName(const char* at, std::size_t length) {
  if (phase_ == Phase::body) return onTrailer(at, length, true);
  const auto offset = static_cast<std::size_t>(at - base_);
  if (fields_.empty()) fieldsBegin_ = offset;
  if (!fieldOpen_) {
    if (fields_.size() == limits_.headerCount) {
      return refuse(Reason::headersTooLarge, 431, "the request has too many header fields");
    }
    if (fields_.capacity() == 0) fields_.reserve(16);
    fields_.emplace_back();
    fieldOpen_ = true;
  }
  if (!extend(fields_.back().name, at, length)) {
    return refuse(Reason::badRequest, 400, "malformed header field");
  }
  if (offset + length - fieldsBegin_ <= limits_.headers) return 0;
  return refuse(Reason::headersTooLarge, 431, "the request's header fields are too large");
}

int RequestParser::onFieldValue(const char* at, std::size_t length) {
  if (phase_ == Phase::body) return onTrailer(at, length, false);
  if (!extend(fields_.back().value, at, length)) {
    return refuse(Reason::badRequest, 400, "a header field is folded over several lines");
  }
  if (static_cast<std::size_t>(at - base_) + length - fieldsBegin_ <= limits_.headers) return 0;
  return refuse(Reason::headersTooLarge, 431, "the request's header fields are too large");
}

int RequestParser::onTrailer(const char* at, std::size_t length, bool isName) {
  if (isName && !fieldOpen_) {
    if (trailers_.size() == limits_.headerCount) {
      return refuse(Reason::headersTooLarge, 431, "the request has too many trailer fields");
    }
    trailers_.emplace_back();
    fieldOpen_ = true;
  }
  if (trailerText_.size() + length > limits_.headers) {
    return refuse(Reason::headersTooLarge, 431, "the request's trailer fields are too large");
  }
  HeadSpan& span = isName ? trailers_.back().name : trailers_.back().value;
  if (span.length == 0) span.offset = static_cast<std::uint32_t>(trailerText_.size());
  span.length += static_cast<std::uint32_t>(length);
  trailerText_.append(at, length);
  return 0;
}

RequestParser::TrailerView RequestParser::trailer(std::size_t index) const {
  const Field& field = trailers_[index];
  return {field.name.in(trailerText_), field.value.in(trailerText_)};
}

void RequestParser::expectNoBody() {
  phase_ = Phase::done;
}

void RequestParser::expectBody(std::uint64_t length) {
  remaining_ = announced_ = length;
  phase_ = length == 0 ? Phase::done : Phase::body;
}

void RequestParser::expectChunks() {
  chunked_ = true;
  fieldOpen_ = false;
  phase_ = Phase::body;
  llhttp_resume(&parser_);
}

int RequestParser::onBody(const char* at, std::size_t length) {
  // readBody() feeds no more than `into` has room for.
  std::memcpy(into_, at, length);
  into_ += length;
  received_ += length;
  return 0;
}

int RequestParser::onChunkHeader() {
  ++chunks_;
  const std::uint64_t size = parser_.content_length;
  if (size <= bodyLimit_ && announced_ <= bodyLimit_ - size) {
    announced_ += size;
    return 0;
  }
  return refuse(Reason::bodyTooLarge, 413, "the request's body is too large");
}

bool RequestParser::framingIsHonest(std::size_t consumed, std::size_t produced) {
  framing_ += consumed - produced;
  // Trailers have limits of their own.
  return framing_ <= kFramingAllowance + kFramingPerChunk * chunks_ + 2 * received_ ||
         !trailers_.empty();
}

RequestParser::BodyStep RequestParser::readBody(std::string_view input, std::span<std::byte> into) {
  BodyStep step;
  if (phase_ != Phase::body || refusal_) return step;
  if (!chunked_) {
    const std::size_t size = static_cast<std::size_t>(
        std::min<std::uint64_t>(remaining_, std::min(input.size(), into.size())));
    if (size != 0) std::memcpy(into.data(), input.data(), size);
    remaining_ -= size;
    if (remaining_ == 0) phase_ = Phase::done;
    return {size, size};
  }
  while (step.consumed < input.size() && step.produced < into.size()) {
    // A slice no larger than the room: then its body bytes fit whatever they are.
    const std::string_view slice = input.substr(step.consumed, into.size() - step.produced);
    std::byte* const begin = into.data() + step.produced;
    into_ = begin;
    const llhttp_errno_t error = llhttp_execute(&parser_, slice.data(), slice.size());
    const auto produced = static_cast<std::size_t>(into_ - begin);
    std::size_t consumed = slice.size();
    if (error != HPE_OK) {
      consumed = static_cast<std::size_t>(llhttp_get_error_pos(&parser_) - slice.data());
    }
    step.produced += produced;
    step.consumed += consumed;
    if (error != HPE_OK && error != HPE_PAUSED) {
      if (!refusal_) {
        const char* reason = llhttp_get_error_reason(&parser_);
        refuse(Reason::badRequest, 400, reason != nullptr ? reason : "malformed chunk");
      }
      return step;
    }
    const bool honest = framingIsHonest(consumed, produced);
    if (phase_ == Phase::done) return step;
    if (!honest) {
      refuse(Reason::badRequest, 400, "the chunks carry too little data for their framing");
      return step;
    }
  }
  return step;
}

}  // namespace skiff
