#include "isolate/wasm/function_names.h"

#include <algorithm>

#include "isolate/wasm/reader.h"

namespace skiff::wasm {

FunctionNames::FunctionNames(std::span<const std::uint8_t> content) {
  constexpr std::uint8_t kFunctionNames = 1;
  Reader reader(content, 0, content.size(), {});
  while (reader.ok() && !reader.atEnd()) {
    const std::uint8_t id = reader.readByte("a subsection's id");
    const std::uint32_t size = reader.readU32("a subsection's size");
    const std::size_t begin = reader.offset();
    reader.skip(size, "a subsection");
    if (id != kFunctionNames || !reader.ok()) continue;
    Reader names(content, begin, begin + size, {});
    const std::uint32_t count = names.readCount("a count of names", 2);
    for (std::uint32_t i = 0; i < count && entries_.size() < kMostNames; ++i) {
      const std::uint32_t function = names.readU32("a function index");
      const std::uint32_t length = names.readU32("a name's length");
      const std::size_t start = names.offset();
      names.skip(length, "a name");
      if (!names.ok()) break;
      if (!entries_.empty() && function <= entries_.back().function) break;
      const std::size_t kept = std::min<std::size_t>(length, kLongestName);
      if (text_.size() + kept > kMostText) break;
      const auto text = content.subspan(start, kept);
      text_.append(text.begin(), text.end());
      entries_.push_back({function, static_cast<std::uint32_t>(text_.size())});
    }
    break;
  }
  entries_.shrink_to_fit();
  text_.shrink_to_fit();
}

std::string_view FunctionNames::name(std::uint32_t function) const {
  const auto found = std::lower_bound(
      entries_.begin(), entries_.end(), function,
      [](const Entry& entry, std::uint32_t index) { return entry.function < index; });
  if (found == entries_.end() || found->function != function) return {};
  const std::uint32_t begin = found == entries_.begin() ? 0 : std::prev(found)->end;
  return std::string_view(text_).substr(begin, found->end - begin);
}

void FunctionNames::write(RecordWriter& to) const {
  to.values(std::span(entries_));
  to.text(text_);
}

FunctionNames FunctionNames::read(RecordReader& from) {
  FunctionNames names;
  names.entries_ = from.values<Entry>();
  names.text_ = from.text();
  std::uint32_t begin = 0;
  for (const Entry& entry : names.entries_) {
    if (entry.end < begin || entry.end > names.text_.size()) from.fail();
    begin = entry.end;
  }
  return from.ok() ? names : FunctionNames();
}

std::size_t FunctionNames::bytes() const {
  return entries_.capacity() * sizeof(Entry) + text_.capacity();
}

}  // namespace skiff::wasm
