#include "cli/dev/line_reader.h"

#include <unistd.h>

#include <cerrno>

namespace skiff::cli {

void LineReader::feed(std::string_view bytes, const std::function<void(std::string_view)>& onLine) {
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    rest_.append(bytes.substr(0, end));
    if (end == bytes.npos && rest_.size() < kMost) return;
    onLine(rest_);
    rest_.clear();
    bytes.remove_prefix(end == bytes.npos ? bytes.size() : end + 1);
  }
}

bool LineReader::readFrom(int descriptor, const std::function<void(std::string_view)>& onLine) {
  char buffer[65'536];
  while (true) {
    const ssize_t size = ::read(descriptor, buffer, sizeof buffer);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return errno == EAGAIN;
    if (size == 0) {
      if (!rest_.empty()) onLine(rest_);
      rest_.clear();
      return false;
    }
    feed({buffer, static_cast<std::size_t>(size)}, onLine);
  }
}

}  // namespace skiff::cli
