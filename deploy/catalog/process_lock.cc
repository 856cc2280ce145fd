#include "deploy/catalog/process_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "config/printable.h"
#include "config/regular_file.h"

namespace skiff {
namespace {

/// " (process 123)", or nothing if the file does not say.
std::string ownerOf(int descriptor) {
  std::array<char, 16> digits{};
  const ssize_t count = ::pread(descriptor, digits.data(), digits.size() - 1, 0);
  const std::string_view number(digits.data(), count > 0 ? static_cast<std::size_t>(count) : 0);
  if (number.empty() ||
      !std::all_of(number.begin(), number.end(), [](char c) { return c >= '0' && c <= '9'; })) {
    return {};
  }
  return " (process " + std::string(number) + ")";
}

}  // namespace

Result<ProcessLock> ProcessLock::take(const std::filesystem::path& file, int held) {
  // Closed when another program is executed, so that no child holds the lock for its parent.
  int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (held >= 0 && descriptor >= 0 && isSameFile(held, descriptor)) std::swap(held, descriptor);
  if (held >= 0) ::close(held);
  if (descriptor < 0) {
    return Error{"cannot be locked with " + inQuotes(file.string()) + ": " +
                 std::generic_category().message(errno)};
  }
  ProcessLock lock(descriptor);
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) {
      return Error{"is in use by another skiffd" + ownerOf(descriptor) +
                   ": end that one, or give this one a folder of its own"};
    }
    return Error{"cannot be locked with " + inQuotes(file.string()) + ": " +
                 std::generic_category().message(errno)};
  }
  const std::string number = std::to_string(::getpid());
  if (::ftruncate(descriptor, 0) != 0 ||
      ::pwrite(descriptor, number.data(), number.size(), 0) < 0) {
    return Error{"cannot be locked with " + inQuotes(file.string()) + ": " +
                 std::generic_category().message(errno)};
  }
  return lock;
}

ProcessLock::ProcessLock(ProcessLock&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)) {}

ProcessLock::~ProcessLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace skiff
