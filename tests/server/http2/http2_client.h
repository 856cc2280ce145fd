#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/server/http/http_client.h"

struct nghttp2_hd_deflater;
struct nghttp2_hd_inflater;

namespace skiff::testing {

using Fields = std::vector<std::pair<std::string, std::string>>;

// RFC 9113, 6 and 7.
enum FrameType : std::uint8_t {
  kData,
  kHeaders,
  kPriority,
  kRstStream,
  kSettings,
  kPushPromise,
  kPing,
  kGoaway,
  kWindowUpdate,
  kContinuation,
};
inline constexpr std::uint8_t kEndStream = 0x1;
inline constexpr std::uint8_t kAck = 0x1;
inline constexpr std::uint8_t kEndHeaders = 0x4;
inline constexpr std::uint8_t kPadded = 0x8;
inline constexpr std::uint8_t kWithPriority = 0x20;
enum ErrorCode : std::uint32_t {
  kNoError,
  kProtocolError,
  kInternalError,
  kFlowControlError,
  kSettingsTimeout,
  kStreamClosed,
  kFrameSizeError,
  kRefusedStream,
  kCancel,
  kCompressionError,
  kConnectError,
  kEnhanceYourCalm,
};

inline constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// A number in network byte order.
std::string bigEndian(std::uint64_t number, unsigned bytes);
/// A frame of any kind, right or wrong.
std::string frame(std::uint8_t type, std::uint8_t flags, std::uint32_t stream,
                  std::string_view payload = {});
std::string setting(std::uint16_t name, std::uint32_t value);
/// The fields of a GET, and more behind them.
Fields get(const std::string& path = "/", const Fields& more = {});
Fields post(const std::string& path = "/echo", const Fields& more = {});

struct Frame {
  std::uint8_t type = 0;
  std::uint8_t flags = 0;
  std::uint32_t stream = 0;
  std::string payload;

  bool ends() const { return (flags & kEndStream) != 0; }
  /// A 32-bit number in the payload.
  std::uint32_t number(std::size_t at) const;
};

/// What came on a stream.
struct StreamAnswer {
  std::string status;                 ///< of the final head
  std::vector<std::string> informed;  ///< statuses before it
  std::map<std::string, std::string> fields;
  std::string body;
  std::map<std::string, std::string> trailers;
  bool complete = false;
  std::optional<std::uint32_t> reset;  ///< the error code
};

/// A client of HTTP/2 over a plain connection that sends exactly the frames it is told, and takes
/// note of what comes. A read that gives nothing for ten seconds ends as if the server had closed.
class Http2Client {
 public:
  /// Sends the preface and these SETTINGS.
  explicit Http2Client(std::uint16_t port, std::string_view settings = {}, int receiveBuffer = 0);
  enum class Begin : std::uint8_t { silent };
  /// Sends nothing.
  Http2Client(std::uint16_t port, Begin, int receiveBuffer = 0);
  ~Http2Client();

  HttpClient& socket() { return socket_; }
  bool send(std::string_view bytes) { return socket_.send(bytes); }
  /// Compressed, in the state of this connection.
  std::string compress(const Fields& fields);
  /// A HEADERS frame.
  std::string headers(std::uint32_t stream, const Fields& fields,
                      std::uint8_t flags = kEndHeaders | kEndStream);

  /// The next frame, noted; nothing once the connection has ended. SETTINGS and PING are not
  /// answered.
  std::optional<Frame> read();
  /// Reads until `done`; false if the connection ends before.
  bool readUntil(const std::function<bool()>& done);
  /// Reads until the stream's answer is complete or reset.
  const StreamAnswer& answer(std::uint32_t stream);
  const StreamAnswer& ask(std::uint32_t stream, const Fields& fields) {
    send(headers(stream, fields));
    return answer(stream);
  }
  /// Sends a PING and reads until one comes back; false if the connection ends before.
  bool ping();
  /// Gives the server so many bytes more.
  void open(std::uint32_t stream, std::uint32_t bytes) {
    send(frame(kWindowUpdate, 0, stream, bigEndian(bytes, 4)));
  }

  const StreamAnswer& stream(std::uint32_t id) { return streams_[id]; }
  /// The error code of the last GOAWAY.
  const std::optional<std::uint32_t>& goaway() const { return goaway_; }
  std::uint32_t lastStream() const { return lastStream_; }
  /// Windows that the server has given back, in all, by stream.
  std::uint64_t windowUpdates(std::uint32_t stream) { return windowUpdates_[stream]; }
  const std::map<std::uint16_t, std::uint32_t>& settings() const { return settings_; }
  /// What the server's PINGs held.
  const std::vector<std::string>& pings() const { return pings_; }
  /// What the PINGs held that the server has sent back.
  const std::vector<std::string>& pongs() const { return pongs_; }
  /// SETTINGS of ours that the server has acknowledged.
  unsigned settingsAcknowledged() const { return settingsAcknowledged_; }
  bool hasEnded() const { return ended_; }

 private:
  struct FreeDeflater {
    void operator()(nghttp2_hd_deflater* deflater) const;
  };
  struct FreeInflater {
    void operator()(nghttp2_hd_inflater* inflater) const;
  };
  bool fill(std::size_t size);
  void note(const Frame& frame);
  Fields decompress(std::string_view block);
  void noteHead(std::uint32_t stream, bool ends);

  HttpClient socket_;
  std::unique_ptr<nghttp2_hd_deflater, FreeDeflater> deflater_;
  std::unique_ptr<nghttp2_hd_inflater, FreeInflater> inflater_;
  std::string input_;
  std::string block_;  ///< of fields, as far as it has come
  bool blockEnds_ = false;
  std::map<std::uint32_t, StreamAnswer> streams_;
  std::map<std::uint32_t, std::uint64_t> windowUpdates_;
  std::map<std::uint16_t, std::uint32_t> settings_;
  std::optional<std::uint32_t> goaway_;
  std::uint32_t lastStream_ = 0;
  std::vector<std::string> pings_;
  std::vector<std::string> pongs_;
  unsigned settingsAcknowledged_ = 0;
  bool ended_ = false;
};

}  // namespace skiff::testing
