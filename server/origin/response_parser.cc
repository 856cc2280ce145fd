#include "server/origin/response_parser.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <exception>
#include <span>
#include <utility>

namespace skiff {
namespace {

// RFC 9110, 7.6.1; and Trailer, since trailers are not passed on.
constexpr std::array<std::string_view, 7> kHopByHop{
    "connection",        "keep-alive", "proxy-connection", "te",
    "transfer-encoding", "upgrade",    "trailer"};

/// Each option in it is looked for among all fields.
constexpr std::size_t kConnectionLimit = 1024;
constexpr std::size_t kFieldOverhead = 4;  // ": " and CR LF

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

}  // namespace

/// What llhttp calls. Nothing may be thrown through it.
struct ResponseParser::Callbacks {
  static ResponseParser& self(llhttp_t* parser) {
    return *static_cast<ResponseParser*>(parser->data);
  }

  template <class Function>
  static int guarded(llhttp_t* parser, Function function) noexcept {
    ResponseParser& me = self(parser);
    try {
      function(me);
    } catch (const std::exception&) {
      me.error_ = "there was no memory to read it";
    }
    if (me.error_.empty()) return HPE_OK;
    llhttp_set_error_reason(parser, me.error_.c_str());
    return HPE_USER;
  }

  static int onMessageBegin(llhttp_t* parser) {
    return guarded(parser, [](ResponseParser& me) {
      me.headBytes_ = 0;
      me.fieldCount_ = 0;
      me.framing_ = Framing::none;
      me.connection_.clear();
      me.headers_.clear();
    });
  }
  static int onStatus(llhttp_t* parser, const char*, std::size_t size) {
    return guarded(parser, [size](ResponseParser& me) { me.count(size); });
  }
  static int onHeaderField(llhttp_t* parser, const char* text, std::size_t size) {
    return guarded(parser, [=](ResponseParser& me) {
      me.count(size);
      if (me.error_.empty()) me.name_.append(text, size);
    });
  }
  static int onHeaderValue(llhttp_t* parser, const char* text, std::size_t size) {
    return guarded(parser, [=](ResponseParser& me) {
      me.count(size);
      if (me.error_.empty()) me.value_.append(text, size);
    });
  }
  static int onHeaderValueComplete(llhttp_t* parser) {
    return guarded(parser, [](ResponseParser& me) { me.acceptField(); });
  }
  static int onHeadersComplete(llhttp_t* parser) {
    const int result = guarded(parser, [](ResponseParser& me) { me.acceptHead(); });
    if (result != HPE_OK) return -1;
    constexpr int kNoBody = 1;
    const ResponseParser& me = self(parser);
    const bool noBody = me.expectBody_ == ExpectBody::never || me.isInterim() ||
                        me.status_ == 204 || me.status_ == 304;
    return noBody ? kNoBody : 0;
  }
  static int onChunkExtension(llhttp_t* parser, const char*, std::size_t size) {
    return guarded(parser, [size](ResponseParser& me) {
      me.extensionBytes_ += size;
      if (me.extensionBytes_ > me.limits_.chunkExtensions.bytes()) {
        me.fail("the extensions of a chunk are longer than " + me.limits_.chunkExtensions.text());
      }
    });
  }
  static int onChunkHeader(llhttp_t* parser) {
    self(parser).extensionBytes_ = 0;
    return HPE_OK;
  }
  static int onBody(llhttp_t* parser, const char* bytes, std::size_t size) {
    return guarded(parser, [=](ResponseParser& me) {
      const std::size_t taken = me.body_.write(std::as_bytes(std::span(bytes, size)));
      if (taken != size) me.fail("there was no room for its body");
    });
  }
  static int onMessageComplete(llhttp_t* parser) {
    ResponseParser& me = self(parser);
    if (me.isInterim()) return HPE_OK;
    me.complete_ = true;
    // An answer without a body that announces one: what follows cannot be told from a body.
    const bool bodySkipped = (parser->flags & F_SKIPBODY) != 0;
    const bool announced =
        me.framing_ == Framing::chunked || (me.status_ == 204 && parser->content_length > 0);
    me.keepAlive_ = llhttp_should_keep_alive(parser) != 0 &&
                    !(bodySkipped && me.expectBody_ == ExpectBody::byHead && announced);
    return HPE_PAUSED;
  }

  static const llhttp_settings_t& settings() {
    static const llhttp_settings_t kSettings = [] {
      llhttp_settings_t settings;
      llhttp_settings_init(&settings);
      settings.on_message_begin = onMessageBegin;
      settings.on_status = onStatus;
      settings.on_header_field = onHeaderField;
      settings.on_header_value = onHeaderValue;
      settings.on_header_value_complete = onHeaderValueComplete;
      settings.on_headers_complete = onHeadersComplete;
      settings.on_chunk_header = onChunkHeader;
      settings.on_chunk_extension_name = onChunkExtension;
      settings.on_chunk_extension_value = onChunkExtension;
      settings.on_body = onBody;
      settings.on_message_complete = onMessageComplete;
      return settings;
    }();
    return kSettings;
  }
};

ResponseParser::ResponseParser(HeaderList& headers, ByteQueue& body, ExpectBody expectBody,
                               ResponseLimits limits)
    : headers_(headers), body_(body), expectBody_(expectBody), limits_(limits) {
  llhttp_init(&parser_, HTTP_RESPONSE, &Callbacks::settings());
  parser_.data = this;
}

Result<std::size_t> ResponseParser::parse(std::string_view bytes) {
  assert(!complete_ && body_.room() >= bytes.size());
  if (bytes.empty()) return std::size_t{0};
  started_ = true;
  const llhttp_errno_t code = llhttp_execute(&parser_, bytes.data(), bytes.size());
  if (const auto result = outcome(code); !result) return result.error();
  if (complete_) {
    return static_cast<std::size_t>(llhttp_get_error_pos(&parser_) - bytes.data());
  }
  // The callbacks count a head exactly, but see nothing of what is skipped before and between.
  rawHeadBytes_ = headComplete_ ? 0 : rawHeadBytes_ + bytes.size();
  if (rawHeadBytes_ > (limits_.interimHeads + 1) * limits_.head.bytes()) {
    return Error{"its head is longer than " + limits_.head.text()};
  }
  return bytes.size();
}

Result<void> ResponseParser::finish() {
  if (complete_) return {};
  const llhttp_errno_t code = llhttp_finish(&parser_);
  if (code == HPE_INVALID_EOF_STATE || (code == HPE_OK && !complete_)) {
    if (!started_) return Error{"it closed the connection without an answer"};
    return Error{headComplete_ ? "it closed the connection inside the answer's body"
                               : "it closed the connection inside the answer's head"};
  }
  return outcome(code);
}

Result<void> ResponseParser::outcome(llhttp_errno_t code) {
  if (code == HPE_OK || (code == HPE_PAUSED && complete_)) return {};
  if (!error_.empty()) return Error{error_};
  // Upgrades were not asked for: 101, or a field that the parser takes for one.
  if (code == HPE_PAUSED_UPGRADE) return Error{"it answered with an upgrade nobody asked for"};
  const char* reason = llhttp_get_error_reason(&parser_);
  std::string message = "it is not valid HTTP/1.1: ";
  message += reason && *reason ? reason : llhttp_errno_name(code);
  return Error{std::move(message)};
}

void ResponseParser::fail(std::string message) {
  error_ = std::move(message);
}

void ResponseParser::count(std::size_t bytes) {
  headBytes_ += bytes;
  if (headBytes_ > limits_.head.bytes()) {
    fail(std::string(headComplete_ ? "its trailers are" : "its head is") + " longer than " +
         limits_.head.text());
  }
}

void ResponseParser::acceptField() {
  count(kFieldOverhead);
  if (++fieldCount_ > limits_.fields) {
    fail("it has more than " + std::to_string(limits_.fields) + " header fields");
  }
  if (!error_.empty()) return;
  const std::string_view value = trim(value_);
  if (!isHttpToken(name_) || !isFieldValue(value)) {
    fail("a header field holds characters that are not allowed there");
    return;
  }
  if (!headComplete_) {
    if (equalsIgnoringCase(name_, "connection")) {
      if (!connection_.empty()) connection_ += ',';
      connection_ += value;
      if (connection_.size() > kConnectionLimit) {
        fail("its Connection fields name too much");
        return;
      }
    } else if (equalsIgnoringCase(name_, "transfer-encoding")) {
      if (framing_ != Framing::none || !equalsIgnoringCase(value, "chunked")) {
        fail("its Transfer-Encoding is not just chunked, or comes with another length");
        return;
      }
      framing_ = Framing::chunked;
    } else if (equalsIgnoringCase(name_, "content-length")) {
      if (framing_ != Framing::none) {
        fail("it has several Content-Length fields, or Transfer-Encoding too");
        return;
      }
      framing_ = Framing::length;
    }
    if (parser_.status_code >= 200) headers_.add(name_, value);
  }
  name_.clear();
  value_.clear();
}

void ResponseParser::acceptHead() {
  status_ = parser_.status_code;
  headBytes_ = 0;
  fieldCount_ = 0;
  if (parser_.http_major != 1) {
    fail("its HTTP version is not 1.0 or 1.1");
    return;
  }
  if (isInterim()) {
    if (status_ == 101) {
      fail("it answered with an upgrade nobody asked for");
    } else if (++interimCount_ > limits_.interimHeads) {
      fail("it sent more than " + std::to_string(limits_.interimHeads) + " interim answers");
    } else if (framing_ != Framing::none) {
      fail("an interim answer announces a body");
    }
    return;
  }
  if (status_ < 200 || status_ > 599) {
    fail("its status " + std::to_string(status_) + " is not between 200 and 599");
    return;
  }
  if (framing_ == Framing::chunked && parser_.http_minor == 0) {
    fail("it has a Transfer-Encoding, which HTTP/1.0 does not have");
    return;
  }
  removeHopByHop();
  headComplete_ = true;
}

void ResponseParser::removeHopByHop() {
  for (const std::string_view name : kHopByHop) headers_.remove(name);
  std::string_view rest = connection_;
  while (!rest.empty()) {
    const std::size_t comma = std::min(rest.find(','), rest.size());
    const std::string_view name = trim(rest.substr(0, comma));
    // Framing is not the origin's to hide.
    if (!name.empty() && !equalsIgnoringCase(name, "content-length")) headers_.remove(name);
    rest.remove_prefix(std::min(comma + 1, rest.size()));
  }
}

}  // namespace skiff
