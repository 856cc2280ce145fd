#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "quota/reason.h"
#include "server/observe/log_sink.h"
#include "server/observe/log_time.h"

namespace skiff {

/// One request, for the access log. The views need to live for the call only.
struct AccessRecord {
  std::chrono::system_clock::time_point time;  ///< when the request's first byte was read
  std::string_view requestId;
  std::string_view tenant;  ///< empty if no route matched, as `app` and `version`
  std::string_view app;
  std::string_view version;  ///< "sha256:…"
  std::string_view method;
  std::string_view host;      ///< as sent; at most 255 bytes are logged
  std::string_view protocol;  ///< "HTTP/2.0"; logged if not empty
  std::string_view path;      ///< as sent, with the query; at most 1,024 bytes are logged
  int status = 0;
  Reason reason = Reason::none;
  std::chrono::nanoseconds duration{0};
  std::chrono::nanoseconds cpu{0};
  std::chrono::nanoseconds queued{0};  ///< that it had to wait before it ran; logged if not zero
  std::uint64_t bytesIn = 0;           ///< of the request's body
  std::uint64_t bytesOut = 0;          ///< of the answer's body
  std::string_view source;             ///< "127.0.0.1:4711"
  std::string_view tls;                ///< the version, "1.3"; logged if not empty
  bool cold = false;                   ///< the request had to wait for a new isolate or instance
};

/// One shard's part of the access log: JSON, one line a request, with the keys time (RFC 3339, UTC,
/// milliseconds), request_id, tenant, app, version, method, host, path, protocol (if it came so
/// far), status, reason, duration_ms, cpu_ms, queue_ms (if it had to wait), bytes_in, bytes_out,
/// source, tls (if it came over TLS), cold. Text is escaped, invalid UTF-8 becomes U+FFFD, and what
/// was cut ends with "…". Lines gather in a buffer of the shard; no lock, and no allocation, until
/// it is flushed. One thread.
class AccessLog {
 public:
  /// The buffer is handed to the sink when it holds this much.
  static constexpr std::size_t kFlushBytes = 64 * 1024;

  /// REQUIRES: `sink` outlives this.
  explicit AccessLog(LogSink& sink);
  ~AccessLog();  ///< flushes
  AccessLog(const AccessLog&) = delete;
  AccessLog& operator=(const AccessLog&) = delete;

  bool enabled() const { return sink_.enabled(); }
  void record(const AccessRecord& record);
  /// Hands on what has gathered: for the shard's tick, so that a line is seen soon.
  void flush();

 private:
  LogSink& sink_;
  LogTime time_;
  std::string buffer_;
  std::uint64_t lines_ = 0;
};

}  // namespace skiff
