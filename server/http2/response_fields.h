#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/http/response_head.h"

namespace skiff {

/// Makes heads and trailers of answers into fields for HTTP/2 (RFC 9113, 8.3.2), by the rules that
/// appendHead() has: the same fields are added, left out and refused. Names may be in capitals,
/// which the session turns into small letters. One for many answers, one after the other.
class ResponseFields {
 public:
  /// Makes a head's fields. Returns what makes it impossible to send, or nothing. `head` and `date`
  /// live until the fields have been used.
  std::optional<std::string_view> makeHead(const ResponseHead& head, const ResponsePlan& plan,
                                           std::string_view date, const ServerTiming* timing);
  void makeTrailers(const HeaderList& trailers, const ServerTiming* timing);

  /// What was made last.
  std::span<const Header> fields() const { return fields_; }
  /// Bytes of names and values.
  std::size_t size() const { return size_; }
  void clear() { fields_.clear(); }

 private:
  void add(std::string_view name, std::string_view value);

  std::vector<Header> fields_;
  std::size_t size_ = 0;
  std::array<char, 3> status_;
  std::array<char, 20> length_;
  std::string timing_;
};

}  // namespace skiff
