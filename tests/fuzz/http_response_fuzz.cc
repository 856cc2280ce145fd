#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory_resource>
#include <span>
#include <string>
#include <string_view>

#include "server/origin/response_parser.h"

namespace skiff {
namespace {

struct Outcome {
  bool refused = false;
  bool complete = false;
  bool keepAlive = false;
  int status = 0;
  std::size_t consumed = 0;
  std::string fields = {};
  std::string body = {};

  bool operator==(const Outcome&) const = default;
};

void require(bool condition) {
  if (!condition) std::abort();
}

Outcome parseInSteps(std::string_view bytes, std::size_t step, ExpectBody expect) {
  std::pmr::monotonic_buffer_resource memory;
  HeaderList headers(memory);
  ByteQueue queue(16 * 1024);
  ResponseParser parser(headers, queue, expect);
  Outcome outcome;
  while (outcome.consumed < bytes.size() && !parser.complete()) {
    const std::string_view part = bytes.substr(outcome.consumed, std::min(step, queue.room()));
    const auto parsed = parser.parse(part);
    if (!parsed) {
      require(!parsed.error().message.empty());
      return {.refused = true};
    }
    require(*parsed == part.size() || parser.complete());
    outcome.consumed += *parsed;
    std::string drained(queue.size(), '\0');
    queue.read(std::as_writable_bytes(std::span(drained)));
    outcome.body += drained;
  }
  if (!parser.finish()) return {.refused = true};
  outcome.complete = parser.complete();
  require(outcome.complete);
  outcome.keepAlive = parser.keepAlive();
  outcome.status = parser.status();
  require(outcome.status >= 200 && outcome.status <= 599);
  for (const Header& field : headers) {
    require(isHttpToken(field.name) && isFieldValue(field.value));
    outcome.fields.append(field.name).append(":").append(field.value).append("\n");
  }
  require(!headers.contains("connection") && !headers.contains("transfer-encoding"));
  if (expect == ExpectBody::never || outcome.status == 204 || outcome.status == 304) {
    require(outcome.body.empty());
  }
  return outcome;
}

}  // namespace
}  // namespace skiff

/// However the bytes of an answer are cut into pieces, it means the same. The first byte says how.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace skiff;
  if (size == 0) return 0;
  const auto expect = (data[0] & 1) != 0 ? ExpectBody::never : ExpectBody::byHead;
  const std::size_t step = 1 + (data[0] >> 1);
  const std::string_view answer(reinterpret_cast<const char*>(data) + 1, size - 1);
  const Outcome whole = parseInSteps(answer, 16 * 1024, expect);
  const Outcome pieces = parseInSteps(answer, step, expect);
  require(whole == pieces);
  return 0;
}
