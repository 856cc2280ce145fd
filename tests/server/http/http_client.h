#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace skiff {

/// An answer as it came over the wire.
struct ClientResponse {
  int status = 0;
  std::string head;                           ///< status line and fields as they came
  std::map<std::string, std::string> fields;  ///< names in lower case; the last of several
  std::string body;                           ///< chunks put together
  std::string trailers;                       ///< as they came
  bool complete = false;                      ///< its framing says that nothing is missing

  /// The field's value, "" if there is none.
  std::string field(const std::string& name) const {
    const auto found = fields.find(name);
    return found == fields.end() ? "" : found->second;
  }
};

/// A blocking HTTP client that sends exactly the bytes it is told. A read that gives nothing for
/// ten seconds ends as if the server had closed.
class HttpClient {
 public:
  explicit HttpClient(std::uint16_t port, int receiveBuffer = 0);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  /// False if the server has closed.
  bool send(std::string_view bytes);
  /// Sends as much as is taken without waiting; how much that was.
  std::size_t sendSome(std::string_view bytes);
  void finishSending();  ///< half-close
  void close();
  void reset();  ///< close with a reset

  enum class To : bool { get, head };
  /// Reads one answer. `complete` is false if the connection ended within it.
  ClientResponse read(To to = To::get);
  /// Sends, then reads.
  ClientResponse ask(std::string_view bytes) {
    send(bytes);
    return read();
  }
  /// At least one byte more, or "" at the end.
  std::string readSome(std::size_t most = 64 << 10);
  /// Everything until the server closes.
  std::string readToEnd();
  /// Nothing more comes and the server has closed.
  bool isClosed() { return readSome().empty() && ended_; }
  bool wasReset() const { return wasReset_; }

 private:
  int descriptor_;
  std::string buffer_;
  bool ended_ = false;
  bool wasReset_ = false;
};

}  // namespace skiff
