#include "bench/coldstart/answer.h"

#include <strings.h>

#include <charconv>

namespace skiff::bench {
namespace {

/// The value of a field; empty if there is none.
std::string_view fieldOf(std::string_view head, std::string_view name) {
  for (std::size_t line = head.find("\r\n"); line != std::string_view::npos;
       line = head.find("\r\n", line + 2)) {
    const std::string_view rest = head.substr(line + 2);
    if (rest.size() <= name.size() || rest[name.size()] != ':' ||
        ::strncasecmp(rest.data(), name.data(), name.size()) != 0) {
      continue;
    }
    std::string_view value = rest.substr(name.size() + 1);
    value = value.substr(0, value.find("\r\n"));
    while (value.starts_with(' ')) value.remove_prefix(1);
    return value;
  }
  return {};
}

}  // namespace

std::optional<Answer> readAnswer(std::string_view input) {
  const std::size_t end = input.find("\r\n\r\n");
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view head = input.substr(0, end);
  const std::string_view body = input.substr(end + 4);
  const std::string_view length = fieldOf(head, "content-length");
  if (length.empty()) {
    if (!body.ends_with("0\r\n\r\n")) return std::nullopt;
  } else {
    std::size_t size = 0;
    std::from_chars(length.data(), length.data() + length.size(), size);
    if (body.size() < size) return std::nullopt;
  }
  Answer answer;
  constexpr std::string_view kVersion = "HTTP/1.1 ";
  if (head.size() >= kVersion.size() + 3) {
    std::from_chars(head.data() + kVersion.size(), head.data() + kVersion.size() + 3,
                    answer.status);
  }
  answer.serverTiming = fieldOf(head, "server-timing");
  return answer;
}

}  // namespace skiff::bench
