#include "deploy/blobs/write_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

#include "deploy/blobs/descriptor.h"
#include "deploy/blobs/store_folder.h"

namespace skiff {

int writeAll(int file, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(file, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno;
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
  return 0;
}

BlobResult<void> writeFile(const std::filesystem::path& file, const std::filesystem::path& part,
                           std::span<const std::byte> bytes, mode_t mode) {
  ::unlink(part.c_str());
  const Descriptor opened(::open(part.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  int error = opened ? 0 : errno;
  if (error == 0) error = writeAll(opened.number(), bytes);
  if (error == 0 && (::fchmod(opened.number(), mode) != 0 || ::fsync(opened.number()) != 0 ||
                     ::rename(part.c_str(), file.c_str()) != 0)) {
    error = errno;
  }
  if (error == 0) return {};
  ::unlink(part.c_str());
  return diskError("cannot write", file, error);
}

}  // namespace skiff
