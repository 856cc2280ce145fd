#include "cli/dev/file_watch.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace skiff::cli {

Result<FileWatch> FileWatch::on(const std::filesystem::path& file) {
  const auto failed = [&] {
    return Error{file.string() + " cannot be watched: " + std::generic_category().message(errno)};
  };
  FileWatch watch(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK), file.filename());
  if (watch.descriptor_ < 0) return failed();
  const std::filesystem::path folder = file.has_parent_path() ? file.parent_path() : ".";
  constexpr std::uint32_t kEvents = IN_CLOSE_WRITE | IN_MODIFY | IN_MOVED_TO | IN_CREATE;
  if (::inotify_add_watch(watch.descriptor_, folder.c_str(), kEvents) < 0) return failed();
  return watch;
}

FileWatch::FileWatch(FileWatch&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), name_(std::move(other.name_)) {}

FileWatch::~FileWatch() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

bool FileWatch::takeChanges() {
  bool isChanged = false;
  alignas(inotify_event) char buffer[16'384];
  while (true) {
    const ssize_t size = ::read(descriptor_, buffer, sizeof buffer);
    if (size <= 0) return isChanged;
    for (const char* at = buffer; at < buffer + size;) {
      inotify_event event;
      std::memcpy(&event, at, sizeof event);
      // A full queue lost events: perhaps one about the file.
      const bool isLost = (event.mask & IN_Q_OVERFLOW) != 0;
      if (isLost || (event.len > 0 && name_ == at + sizeof event)) isChanged = true;
      at += sizeof event + event.len;
    }
  }
}

}  // namespace skiff::cli
