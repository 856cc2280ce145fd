#include "isolate/files/file.h"

namespace skiff::wasi {

FileResult<std::size_t> File::read(std::span<std::byte>, std::optional<std::uint64_t>, Patience) {
  return Errno::isdir;
}

FileResult<std::size_t> File::write(std::span<const std::byte>, std::optional<std::uint64_t>) {
  return Errno::badf;
}

FileResult<std::uint64_t> File::seek(std::int64_t, Whence) {
  return Errno::isdir;
}

Errno File::setAppend(bool) {
  return Errno::success;
}

Errno File::setSize(std::uint64_t) {
  return Errno::inval;
}

Errno File::allocate(std::uint64_t, std::uint64_t) {
  return Errno::badf;
}

Errno File::advise(std::uint64_t, std::uint64_t, std::uint32_t) {
  return Errno::badf;
}

Errno File::list(std::uint64_t, const std::function<bool(const DirectoryEntry&)>&) {
  return Errno::notdir;
}

FileResult<std::shared_ptr<File>> File::open(const std::string&, const OpenHow&, Patience) {
  return Errno::notdir;
}

FileResult<FileStat> File::statAt(const std::string&, Follow, Patience) {
  return Errno::notdir;
}

Errno File::setTimesAt(const std::string&, Follow, const NewTimes&) {
  return Errno::notdir;
}

Errno File::makeDirectory(const std::string&) {
  return Errno::notdir;
}

Errno File::removeDirectory(const std::string&) {
  return Errno::notdir;
}

Errno File::unlink(const std::string&) {
  return Errno::notdir;
}

Errno File::rename(const std::string&, File&, const std::string&) {
  return Errno::notdir;
}

Errno File::link(const std::string&, File&, const std::string&) {
  return Errno::notdir;
}

Errno File::symlink(const std::string&, const std::string&) {
  return Errno::notdir;
}

FileResult<std::string> File::readlink(const std::string&, Patience) {
  return Errno::notdir;
}

}  // namespace skiff::wasi
