#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "server/http/exchange_transport.h"

namespace skiff {

class OutputBuffer;

/// Writes the answers of one HTTP/1.1 connection to its output: heads, and bodies in their framing
/// (RFC 9112). See ExchangeTransport, whose part this is. One thread.
class ResponseWriter {
 public:
  /// `scratch`: for building heads; shared with others, nobody's in between. Both outlive this.
  ResponseWriter(OutputBuffer& output, std::string& scratch) : output_(output), scratch_(scratch) {}
  ResponseWriter(const ResponseWriter&) = delete;
  ResponseWriter& operator=(const ResponseWriter&) = delete;

  /// A new answer, to a client that speaks HTTP/1.0 or not.
  void begin(bool version10) {
    version10_ = version10;
    hasHead_ = false;
  }
  std::optional<std::string_view> makeHead(const ResponseHead& head, const ResponsePlan& plan,
                                           std::string_view date, const ServerTiming* timing);
  std::uint64_t release(const BodyPart& part);
  std::uint64_t releaseLarge(std::string body);

 private:
  /// The head that is to go out, or nothing.
  std::string& takeHead();

  OutputBuffer& output_;
  std::string& scratch_;
  bool version10_ = false;
  bool hasHead_ = false;  ///< scratch_ holds one
};

}  // namespace skiff
