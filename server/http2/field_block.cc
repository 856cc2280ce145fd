#include "server/http2/field_block.h"

namespace skiff {
namespace {

/// What a field of HTTP/1.1 has between and behind its parts: ": " and CRLF.
constexpr std::size_t kSeparators = 4;

}  // namespace

void FieldBlock::clear() {
  refusal_ = {};
  text_.clear();
  method_ = scheme_ = authority_ = path_ = {};
  fields_.clear();
  size_ = decoded_ = 0;
}

Refusal FieldBlock::admit(std::string_view name, std::string_view value) {
  if (name == ":path") {
    if (value.size() <= limits_.uri) return {};
    return {Reason::uriTooLong, 414, "the request's target is too long"};
  }
  const std::size_t size = name.size() + value.size() + kSeparators;
  if (size > limits_.headers || size_ > limits_.headers - size) {
    return {Reason::headersTooLarge, 431, "the request's header fields are too large"};
  }
  if (name.starts_with(':')) return {};
  size_ += size;
  if (fields_.size() < limits_.headerCount) return {};
  return {Reason::headersTooLarge, 431, "the request has too many header fields"};
}

void FieldBlock::add(std::string_view name, std::string_view value) {
  decoded_ += name.size() + value.size() + kSeparators;
  if (!refusal_) refusal_ = admit(name, value);
  if (refusal_) return;
  if (!name.starts_with(':')) {
    const HeadSpan stored = store(name);
    fields_.push_back({stored, store(value)});
  } else if (name == ":method") {
    method_ = store(value);
  } else if (name == ":scheme") {
    scheme_ = store(value);
  } else if (name == ":authority") {
    authority_ = store(value);
  } else if (name == ":path") {
    path_ = store(value);
  }
}

HeadSpan FieldBlock::store(std::string_view text) {
  const HeadSpan span{static_cast<std::uint32_t>(text_.size()),
                      static_cast<std::uint32_t>(text.size())};
  text_.append(text);
  return span;
}

Http2Head FieldBlock::headIn(std::string_view text, std::vector<Header>& fields) const {
  fields.clear();
  for (const Field& field : fields_) fields.push_back({field.name.in(text), field.value.in(text)});
  Http2Head head;
  head.method = method_.in(text);
  head.scheme = scheme_.in(text);
  head.authority = authority_.in(text);
  head.path = path_.in(text);
  head.fields = fields;
  return head;
}

}  // namespace skiff
