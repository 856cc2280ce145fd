#include "cli/http/sse_reader.h"

namespace skiff::cli {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

}  // namespace

Result<bool> SseReader::feed(std::string_view bytes, const OnEvent& onEvent) {
  while (!bytes.empty()) {
    if (afterReturn_ && bytes.front() == '\n') bytes.remove_prefix(1);
    afterReturn_ = false;
    const std::size_t end = bytes.find_first_of("\r\n");
    const std::string_view part = bytes.substr(0, end);
    if (line_.size() + part.size() > kMaxLine) {
      return Error{"a line of the event stream is longer than 1 MiB"};
    }
    line_.append(part);
    if (end == bytes.npos) break;
    afterReturn_ = bytes[end] == '\r';
    bytes.remove_prefix(end + 1);
    const Result<bool> goesOn = endLine(onEvent);
    if (!goesOn || !*goesOn) return goesOn;
  }
  return true;
}

Result<bool> SseReader::endLine(const OnEvent& onEvent) {
  std::string line;
  line.swap(line_);
  if (isFirstLine_ && line.starts_with(kByteOrderMark)) line.erase(0, kByteOrderMark.size());
  isFirstLine_ = false;

  if (line.empty()) {
    const bool isWhole = hasData_;
    hasData_ = false;
    SseEvent event;
    event.id = event_.id;
    event.name.swap(event_.name);
    event.data.swap(event_.data);
    if (event.name.empty()) event.name = "message";
    return !isWhole || onEvent(event);
  }
  const std::size_t colon = line.find(':');
  if (colon == 0) return true;  // a comment, which keeps the connection alive
  const std::string_view field = std::string_view(line).substr(0, colon);
  std::string_view value;
  if (colon != line.npos) value = std::string_view(line).substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);

  if (field == "event") {
    event_.name = value;
  } else if (field == "id") {
    event_.id = value;
  } else if (field == "data") {
    if (event_.data.size() + value.size() + 1 > kMaxData) {
      return Error{"an event of the stream is larger than 4 MiB"};
    }
    if (hasData_) event_.data.push_back('\n');
    event_.data.append(value);
    hasData_ = true;
  }
  return true;
}

}  // namespace skiff::cli
