#pragma once

#include <optional>
#include <string_view>

namespace skiff::bench {

/// What the load tester reads of an answer.
struct Answer {
  int status = 0;
  std::string_view serverTiming;  ///< the field's value; empty if there is none
};

/// The answer in `input`, once it is complete: framed by Content-Length or chunks, as an honest
/// server frames it.
std::optional<Answer> readAnswer(std::string_view input);

}  // namespace skiff::bench
