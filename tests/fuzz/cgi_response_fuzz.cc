// Any output of a CGI program is an answer or a reason, and the same however it was cut into
// writes. The first byte chooses where it is cut, the rest is the output.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory_resource>
#include <string>
#include <string_view>

#include "isolate/abi/cgi_response.h"

namespace {

using State = skiff::CgiResponse::State;

void require(bool condition) {
  if (!condition) std::abort();
}

struct Answer {
  State state = State::head;
  std::string head;  ///< status and fields as text, or the error
  std::string body;

  bool operator==(const Answer&) const = default;
};

std::string headText(const skiff::CgiResponse& response) {
  std::pmr::monotonic_buffer_resource memory;
  skiff::ResponseHead head(memory);
  response.apply(head);
  require(head.status >= 200 && head.status <= 599);
  std::string text = std::to_string(head.status);
  for (const skiff::Header& field : head.headers) {
    require(skiff::isHttpToken(field.name) && skiff::isFieldValue(field.value));
    require(!skiff::equalsIgnoringCase(field.name, "transfer-encoding"));
    text.append("\n").append(field.name).append(": ").append(field.value);
  }
  return text;
}

/// Feeds the output in pieces whose sizes come from `seed`; all of it at once for 0.
Answer parse(std::string_view output, std::uint32_t seed) {
  skiff::CgiResponse response;
  Answer answer;
  while (!output.empty() && response.state() != State::failed) {
    std::size_t size = output.size();
    if (seed != 0) {
      seed = seed * 1'664'525 + 1'013'904'223;
      size = std::min<std::size_t>(size, 1 + (seed >> 24) % 40);
    }
    const std::size_t taken = response.feed(output.substr(0, size));
    require(taken <= size);
    require(taken == size || response.state() != State::head);
    if (response.state() == State::body) answer.body += output.substr(taken, size - taken);
    output.remove_prefix(size);
  }
  answer.state = response.state();
  switch (answer.state) {
    case State::head:
      answer.head = response.errorAtEnd();
      break;
    case State::body:
      answer.head = headText(response);
      break;
    case State::failed:
      answer.head = response.error();
      break;
  }
  require(!answer.head.empty());
  return answer;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view output(reinterpret_cast<const char*>(data + 1), size - 1);
  require(parse(output, 0) == parse(output, 1u + data[0]));
  return 0;
}
