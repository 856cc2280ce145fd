#include "config/regular_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <string>
#include <string_view>
#include <system_error>

namespace skiff {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int number() const { return number_; }

 private:
  int number_;
};

Error systemError(std::string_view what, int number) {
  return {std::string(what) + ": " + std::generic_category().message(number)};
}

Error tooLarge(ByteSize maxSize) {
  return {"is larger than " + maxSize.text()};
}

}  // namespace

Result<std::vector<std::uint8_t>> readRegularFile(const std::filesystem::path& path,
                                                  ByteSize maxSize) {
  // Not blocking: opening a named pipe would otherwise wait for its writer.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (file.number() < 0) return systemError("cannot be opened", errno);
  struct stat status {};
  if (::fstat(file.number(), &status) != 0) return systemError("cannot be examined", errno);
  if (S_ISDIR(status.st_mode)) return Error{"is a directory, not a regular file"};
  if (!S_ISREG(status.st_mode)) return Error{"is not a regular file"};
  if (static_cast<std::uint64_t>(status.st_size) > maxSize.bytes()) return tooLarge(maxSize);

  // The size is only a hint: the file may change while it is read. The byte beyond it is there to
  // meet the end of the file, or the bound, without another round.
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(status.st_size) + 1);
  std::size_t filled = 0;
  while (true) {
    const ssize_t count = ::read(file.number(), bytes.data() + filled, bytes.size() - filled);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return systemError("cannot be read", errno);
    if (count == 0) break;
    filled += static_cast<std::size_t>(count);
    if (filled > maxSize.bytes()) return tooLarge(maxSize);
    if (filled == bytes.size()) bytes.resize(bytes.size() * 2);
  }
  bytes.resize(filled);
  return bytes;
}

bool isSameFile(int one, int other) {
  struct stat first {};
  struct stat second {};
  return ::fstat(one, &first) == 0 && ::fstat(other, &second) == 0 &&
         first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

}  // namespace skiff
