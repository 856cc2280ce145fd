#include "server/http/response_writer.h"

#include <array>
#include <charconv>
#include <utility>

#include "server/http/output_buffer.h"
#include "server/http/response_head.h"

namespace skiff {

std::optional<std::string_view> ResponseWriter::makeHead(const ResponseHead& head,
                                                         const ResponsePlan& plan,
                                                         std::string_view date,
                                                         const ServerTiming* timing) {
  scratch_.clear();
  const auto fault = appendHead(scratch_, head, plan, version10_, date, timing);
  hasHead_ = !fault;
  return fault;
}

std::string& ResponseWriter::takeHead() {
  if (!std::exchange(hasHead_, false)) scratch_.clear();
  return scratch_;
}

std::uint64_t ResponseWriter::release(const BodyPart& part) {
  std::string& before = takeHead();
  const std::size_t held = output_.heldSize();
  std::string_view after;
  std::string trailers;
  if (part.framing == ResponseFraming::chunked) {
    if (held != 0) {
      std::array<char, 20> size;
      const auto end = std::to_chars(size.data(), size.data() + size.size(), held, 16).ptr;
      before.append(size.data(), end).append("\r\n");
    }
    if (!part.last) {
      after = held != 0 ? "\r\n" : "";
    } else if (part.trailers.empty()) {
      after = held != 0 ? "\r\n0\r\n\r\n" : "0\r\n\r\n";
    } else {
      trailers = held != 0 ? "\r\n0\r\n" : "0\r\n";
      appendTrailers(trailers, part.trailers, part.timing);
      after = trailers;
    }
  }
  output_.release(before, after);
  return before.size() + held + after.size();
}

std::uint64_t ResponseWriter::releaseLarge(std::string body) {
  const std::string& head = takeHead();
  const std::uint64_t size = head.size() + body.size();
  output_.releaseLarge(head, std::move(body));
  return size;
}

}  // namespace skiff
