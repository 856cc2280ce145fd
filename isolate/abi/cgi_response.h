#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "isolate/exchange.h"

namespace skiff {

/// Reads the head of a CGI program's answer (RFC 3875, section 6), piece by piece: header lines
/// ended by LF or CRLF, then an empty line; what follows is the body, untouched.
///
/// There must be one of the fields `Content-Type`, `Location` and `Status`, each at most once.
///  - `Status: 404 Not Found` sets the status, 200 to 599; the reason phrase is not sent.
///  - `Location` without `Status` is a redirect with 302, also for a path ("/elsewhere"): the
///  client
///    is sent there; RFC 3875's redirect inside the server (6.2.2) is not done.
///  - `Content-Length` must be one number; the program must then print exactly so much body.
///  - Fields that concern the connection (RFC 9110, 7.6.1), and those that `Connection` names, are
///    dropped. Folded lines and names or values that HTTP does not allow are errors.
///
/// Total: any bytes, cut anywhere, give a head or an error. No input is kept beyond kMaxHead.
class CgiResponse {
 public:
  static constexpr std::size_t kMaxHead = 64 << 10;
  static constexpr std::size_t kMaxFields = 200;

  enum class State : std::uint8_t { head, body, failed };

  /// Takes bytes of the head; how many: what follows is body. In other states it takes none.
  std::size_t feed(std::string_view bytes);
  State state() const { return state_; }
  /// Why the state is `failed`: one line, static.
  std::string_view error() const { return error_; }
  /// The line of the answer, from 1, at which reading stands.
  std::size_t line() const { return line_; }

  /// What is wrong if the output ends now, in state `head`. Static.
  std::string_view errorAtEnd() const;

  /// Writes status and fields into `response`. REQUIRES: state() is `body`.
  void apply(ResponseHead& response) const;
  int status() const;
  /// The body's length, if the program said it.
  std::optional<std::uint64_t> contentLength() const { return contentLength_; }
  /// The status allows no body (RFC 9110, 6.4.1): what is printed is not sent.
  bool hasNoBody() const { return status() == 204 || status() == 304; }

 private:
  struct Field {
    std::string name;
    std::string value;
  };

  void takeLine(std::string_view line);
  void takeField(std::string_view name, std::string_view value);
  void endHead();
  void fail(std::string_view error);
  bool isDropped(std::string_view name) const;

  State state_ = State::head;
  std::string_view error_;
  std::string partialLine_;
  std::size_t headSize_ = 0;
  std::size_t line_ = 1;
  std::vector<Field> fields_;
  std::vector<std::string> connectionOptions_;
  std::optional<int> statusField_;
  bool hasLocation_ = false;
  bool hasContentType_ = false;
  std::optional<std::uint64_t> contentLength_;
};

}  // namespace skiff
