#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "server/http/head_check.h"
#include "server/http/http_limits.h"

namespace skiff {

/// Gathers the fields of one HEADERS frame and its CONTINUATIONs as they are decompressed, within
/// the limits that HTTP/1.1 has: a field counts as its name, its value and four bytes. Beyond them
/// it stores nothing, so that a small block cannot become a large one. No two are open at a time on
/// a connection (RFC 9113, 4.3), so each connection has one. One thread.
class FieldBlock {
 public:
  explicit FieldBlock(const HttpLimits& limits) : limits_(limits) {}

  void clear();
  void add(std::string_view name, std::string_view value);

  /// Which limit was exceeded, if any.
  const Refusal& refusal() const { return refusal_; }
  /// What has come is so far beyond the limits that its sender cannot mean well.
  bool isBomb() const { return decoded_ > 4 * limits_.largestHead(); }

  /// All names and values, which the parts are in.
  std::string_view text() const { return text_; }
  /// The parts, in `text`, which is text() or a copy of it. `fields` is cleared and filled, and has
  /// to live as long as the result.
  Http2Head headIn(std::string_view text, std::vector<Header>& fields) const;

 private:
  struct Field {
    HeadSpan name;
    HeadSpan value;
  };
  Refusal admit(std::string_view name, std::string_view value);
  HeadSpan store(std::string_view text);

  const HttpLimits& limits_;
  Refusal refusal_;
  std::string text_;
  HeadSpan method_;
  HeadSpan scheme_;
  HeadSpan authority_;
  HeadSpan path_;
  std::vector<Field> fields_;
  std::size_t size_ = 0;     ///< of what was admitted, as it counts
  std::size_t decoded_ = 0;  ///< of all that has come
};

}  // namespace skiff
