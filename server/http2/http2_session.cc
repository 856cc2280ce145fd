#include "server/http2/http2_session.h"

#include <nghttp2/nghttp2.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <exception>
#include <new>
#include <vector>

namespace skiff {
namespace {

/// Above HttpLimits::kResponseHead, whatever the compression makes of it.
constexpr std::size_t kLargestHeaderBlock = 8 * HttpLimits::kResponseHead;

std::string_view textOf(const std::uint8_t* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

void check(int result) {
  if (result == NGHTTP2_ERR_NOMEM) throw std::bad_alloc();
}

struct FreeOption {
  void operator()(nghttp2_option* option) const { nghttp2_option_del(option); }
};
using Option = std::unique_ptr<nghttp2_option, FreeOption>;

Option makeOption(const Http2Limits& limits) {
  nghttp2_option* made = nullptr;
  check(nghttp2_option_new(&made));
  Option option(made);
  // The guest's reading gives the window back.
  nghttp2_option_set_no_auto_window_update(made, 1);
  nghttp2_option_set_no_closed_streams(made, 1);
  nghttp2_option_set_max_send_header_block_length(made, kLargestHeaderBlock);
  nghttp2_option_set_max_continuations(made, limits.continuations);
  for (unsigned type = NGHTTP2_CONTINUATION + 1; type <= UINT8_MAX; ++type) {
    nghttp2_option_set_user_recv_extension_type(made, static_cast<std::uint8_t>(type));
  }
  // Our own limit counts resets of either side; this one never comes first.
  nghttp2_option_set_stream_reset_rate_limit(made, UINT32_MAX, UINT32_MAX);
  return option;
}

/// Fields as nghttp2 takes them, for one call.
class FieldArray {
 public:
  explicit FieldArray(std::span<const Header> fields) {
    for (const Header& field : fields) {
      if (size_ == few_.size()) {
        many_.assign(few_.begin(), few_.end());
        many_.reserve(fields.size());
      }
      nghttp2_nv entry{bytesOf(field.name), bytesOf(field.value), field.name.size(),
                       field.value.size(), NGHTTP2_NV_FLAG_NONE};
      if (size_ < few_.size()) {
        few_[size_] = entry;
      } else {
        many_.push_back(entry);
      }
      ++size_;
    }
  }
  const nghttp2_nv* data() const { return many_.empty() ? few_.data() : many_.data(); }
  std::size_t size() const { return size_; }

 private:
  static std::uint8_t* bytesOf(std::string_view text) {
    // nghttp2 copies and changes nothing.
    return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
  }

  std::array<nghttp2_nv, 24> few_;
  std::vector<nghttp2_nv> many_;
  std::size_t size_ = 0;
};

}  // namespace

/// nghttp2's C callbacks: each catches everything before it returns to C.
struct Http2Session::Callbacks {
  template <class Function>
  static int guarded(void* user, Function function) noexcept {
    try {
      function(static_cast<Http2Session*>(user)->listener_);
      return 0;
    } catch (const std::exception& error) {
      spdlog::error("a connection of HTTP/2 failed: {}", error.what());
      return NGHTTP2_ERR_CALLBACK_FAILURE;
    }
  }

  static Http2Stream* streamOf(nghttp2_session* session, std::int32_t id) {
    return static_cast<Http2Stream*>(nghttp2_session_get_stream_user_data(session, id));
  }

  static int beginHeaders(nghttp2_session* session, const nghttp2_frame* frame, void* user) {
    const std::int32_t id = frame->hd.stream_id;
    return guarded(user, [&](Http2SessionListener& listener) {
      if (frame->headers.cat == NGHTTP2_HCAT_REQUEST) {
        Http2Stream* const stream = listener.onHeadBegin(id);
        if (stream != nullptr) {
          (void)nghttp2_session_set_stream_user_data(session, id, stream);
        }
      } else if (Http2Stream* const stream = streamOf(session, id)) {
        listener.onTrailersBegin(*stream);
      }
    });
  }

  static int header(nghttp2_session*, const nghttp2_frame*, const std::uint8_t* name,
                    std::size_t nameSize, const std::uint8_t* value, std::size_t valueSize,
                    std::uint8_t, void* user) {
    return guarded(user, [&](Http2SessionListener& listener) {
      listener.onField(textOf(name, nameSize), textOf(value, valueSize));
    });
  }

  /// A name or a value with bytes that it must not have: nghttp2 would leave the field out.
  static int invalidHeader(nghttp2_session*, const nghttp2_frame*, const std::uint8_t*, std::size_t,
                           const std::uint8_t*, std::size_t, std::uint8_t, void*) {
    return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  }

  static int frameReceived(nghttp2_session* session, const nghttp2_frame* frame, void* user) {
    return guarded(user, [&](Http2SessionListener& listener) {
      const bool ended = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
      const bool acknowledges = (frame->hd.flags & NGHTTP2_FLAG_ACK) != 0;
      Http2Stream* const stream = streamOf(session, frame->hd.stream_id);
      switch (frame->hd.type) {
        case NGHTTP2_HEADERS:
          if (stream == nullptr) return;
          if (frame->headers.cat == NGHTTP2_HCAT_REQUEST) {
            listener.onHead(*stream, ended);
          } else {
            listener.onTrailers(*stream);
          }
          return;
        case NGHTTP2_DATA:
          if (ended && stream != nullptr) {
            listener.onBodyEnd(*stream);
          } else if (frame->hd.length == 0 || frame->hd.length == frame->data.padlen) {
            listener.onControlFrame();
          }
          return;
        case NGHTTP2_SETTINGS:
          if (!acknowledges) listener.onSettings();
          break;
        case NGHTTP2_PING:
          if (acknowledges) listener.onPong();
          break;
        case NGHTTP2_RST_STREAM:
          if (stream != nullptr) listener.onReset(*stream);
          break;
        default:
          break;
      }
      listener.onControlFrame();
    });
  }

  static int invalidFrame(nghttp2_session* session, const nghttp2_frame* frame, int error,
                          void* user) {
    return guarded(user, [&](Http2SessionListener& listener) {
      spdlog::debug("HTTP/2: a frame of type {} is not valid: {}", frame->hd.type,
                    nghttp2_strerror(error));
      Http2Stream* const stream = streamOf(session, frame->hd.stream_id);
      if (stream != nullptr && frame->hd.type == NGHTTP2_HEADERS) listener.onMalformed(*stream);
    });
  }

  static int dataChunk(nghttp2_session* session, std::uint8_t, std::int32_t id,
                       const std::uint8_t* bytes, std::size_t size, void* user) {
    return guarded(user, [&](Http2SessionListener& listener) {
      Http2Stream* const stream = streamOf(session, id);
      if (stream == nullptr) {
        (void)nghttp2_session_consume_connection(session, size);
      } else {
        listener.onBody(*stream, std::as_bytes(std::span(bytes, size)));
      }
    });
  }

  static int streamClosed(nghttp2_session* session, std::int32_t id, std::uint32_t error,
                          void* user) {
    return guarded(user, [&](Http2SessionListener& listener) {
      if (Http2Stream* const stream = streamOf(session, id))
        listener.onStreamClosed(*stream, error);
    });
  }

  /// Of PRIORITY nothing else tells, since nghttp2 takes no notice of it.
  static int beginFrame(nghttp2_session* session, const nghttp2_frame_hd* head, void* user) {
    if (head->type != NGHTTP2_PRIORITY) return 0;
    if (head->stream_id == 0) {
      return nghttp2_session_terminate_session(session, NGHTTP2_PROTOCOL_ERROR) == 0
                 ? 0
                 : NGHTTP2_ERR_CALLBACK_FAILURE;
    }
    return guarded(user, [](Http2SessionListener& listener) { listener.onControlFrame(); });
  }

  /// A frame of a type that nghttp2 does not know: it is counted, and passed over.
  static int unknownFrame(nghttp2_session*, void**, const nghttp2_frame_hd*, void* user) {
    const int result =
        guarded(user, [](Http2SessionListener& listener) { listener.onControlFrame(); });
    return result != 0 ? result : NGHTTP2_ERR_CANCEL;
  }

  static ssize_t readData(nghttp2_session* session, std::int32_t id, std::uint8_t* buffer,
                          std::size_t size, std::uint32_t* flags, nghttp2_data_source*,
                          void* user) {
    Http2Stream* const stream = streamOf(session, id);
    if (stream == nullptr) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    Http2Chunk chunk;
    const int result = guarded(user, [&](Http2SessionListener& listener) {
      chunk = listener.onDataFrame(*stream, std::as_writable_bytes(std::span(buffer, size)));
    });
    if (result != 0) return result;
    if (chunk.end) *flags |= NGHTTP2_DATA_FLAG_EOF;
    if (chunk.trailers) *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
    if (chunk.size == 0 && !chunk.end) return NGHTTP2_ERR_DEFERRED;
    return static_cast<ssize_t>(chunk.size);
  }

  static const nghttp2_session_callbacks* all() {
    static nghttp2_session_callbacks* const kAll = [] {
      nghttp2_session_callbacks* made = nullptr;
      check(nghttp2_session_callbacks_new(&made));
      nghttp2_session_callbacks_set_on_begin_headers_callback(made, beginHeaders);
      nghttp2_session_callbacks_set_on_header_callback(made, header);
      nghttp2_session_callbacks_set_on_invalid_header_callback(made, invalidHeader);
      nghttp2_session_callbacks_set_on_frame_recv_callback(made, frameReceived);
      nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(made, invalidFrame);
      nghttp2_session_callbacks_set_on_data_chunk_recv_callback(made, dataChunk);
      nghttp2_session_callbacks_set_on_stream_close_callback(made, streamClosed);
      nghttp2_session_callbacks_set_on_begin_frame_callback(made, beginFrame);
      nghttp2_session_callbacks_set_unpack_extension_callback(made, unknownFrame);
      return made;
    }();
    return kAll;
  }
};

Http2Session::Http2Session(Http2SessionListener& listener, const HttpLimits& limits)
    : listener_(listener) {
  const Option option = makeOption(limits.http2);
  check(nghttp2_session_server_new2(&session_, Callbacks::all(), this, option.get()));
  const std::array<nghttp2_settings_entry, 4> settings{{
      {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, limits.http2.streams},
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, HttpLimits::kBuffer},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, static_cast<std::uint32_t>(limits.largestHead())},
      {NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1},
  }};
  check(nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings.data(), settings.size()));
  check(nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0,
                                              static_cast<std::int32_t>(limits.http2.window)));
}

Http2Session::~Http2Session() {
  nghttp2_session_del(session_);
}

bool Http2Session::feed(std::span<const char> bytes) {
  const ssize_t result = nghttp2_session_mem_recv(
      session_, reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  if (result >= 0) return true;
  spdlog::debug("HTTP/2: {}", nghttp2_strerror(static_cast<int>(result)));
  switch (result) {
    case NGHTTP2_ERR_NOMEM:
    case NGHTTP2_ERR_CALLBACK_FAILURE:
      terminate(Http2Error::internal);
      break;
    case NGHTTP2_ERR_BAD_CLIENT_MAGIC:
      terminate(Http2Error::protocol);
      break;
    default:
      terminate(Http2Error::enhanceYourCalm);
      break;
  }
  return false;
}

std::string_view Http2Session::nextOutput() {
  const std::uint8_t* bytes = nullptr;
  const ssize_t size = nghttp2_session_mem_send(session_, &bytes);
  if (size == NGHTTP2_ERR_NOMEM) throw std::bad_alloc();
  if (size < 0) throw std::runtime_error(nghttp2_strerror(static_cast<int>(size)));
  return textOf(bytes, static_cast<std::size_t>(size));
}

bool Http2Session::wantsRead() const {
  return nghttp2_session_want_read(session_) != 0;
}
bool Http2Session::wantsWrite() const {
  return nghttp2_session_want_write(session_) != 0;
}
std::size_t Http2Session::outputFrames() const {
  return nghttp2_session_get_outbound_queue_size(session_);
}

void Http2Session::consume(std::int32_t id, std::size_t bytes) {
  check(nghttp2_session_consume(session_, id, bytes));
}
void Http2Session::consumeConnection(std::size_t bytes) {
  check(nghttp2_session_consume_connection(session_, bytes));
}

void Http2Session::respond(std::int32_t id, std::span<const Header> fields, Body body) {
  const FieldArray array(fields);
  nghttp2_data_provider provider{};
  provider.read_callback = Callbacks::readData;
  check(nghttp2_submit_response(session_, id, array.data(), array.size(),
                                body == Body::follows ? &provider : nullptr));
}

void Http2Session::inform(std::int32_t id, std::span<const Header> fields) {
  const FieldArray array(fields);
  check(nghttp2_submit_headers(session_, NGHTTP2_FLAG_NONE, id, nullptr, array.data(), array.size(),
                               nullptr));
}

void Http2Session::submitTrailers(std::int32_t id, std::span<const Header> fields) {
  const FieldArray array(fields);
  check(nghttp2_submit_trailer(session_, id, array.data(), array.size()));
}

void Http2Session::resume(std::int32_t id) {
  check(nghttp2_session_resume_data(session_, id));
}

void Http2Session::reset(std::int32_t id, Http2Error error) {
  check(nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, id,
                                  static_cast<std::uint32_t>(error)));
}

void Http2Session::announceEnd() {
  check(nghttp2_submit_shutdown_notice(session_));
  check(nghttp2_submit_ping(session_, NGHTTP2_FLAG_NONE, nullptr));
}

void Http2Session::refuseNew() {
  check(nghttp2_submit_goaway(session_, NGHTTP2_FLAG_NONE,
                              nghttp2_session_get_last_proc_stream_id(session_), NGHTTP2_NO_ERROR,
                              nullptr, 0));
}

void Http2Session::terminate(Http2Error error) {
  check(nghttp2_session_terminate_session(session_, static_cast<std::uint32_t>(error)));
}

}  // namespace skiff
