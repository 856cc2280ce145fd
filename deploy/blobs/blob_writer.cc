#include "deploy/blobs/blob_writer.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <utility>
#include <vector>

#include "deploy/blobs/write_file.h"

namespace skiff {
namespace {

/// Brings `state` to where a file's first bytes have taken it. Whether all could be read.
bool digestFile(int file, DigestState& state, std::uint64_t size) {
  std::vector<std::byte> buffer(128 * 1024);
  while (size > 0) {
    const ssize_t count = ::read(file, buffer.data(), std::min<std::uint64_t>(size, buffer.size()));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    state.update(std::span(buffer).first(static_cast<std::size_t>(count)));
    size -= static_cast<std::uint64_t>(count);
  }
  return true;
}

}  // namespace

BlobWriter::~BlobWriter() {
  if (keeping_ && leaveForNext()) return;
  discard();
}

BlobError BlobWriter::mismatch(std::string_view what) const {
  return {BlobError::Kind::mismatch, "the blob " + digest_.text() + ' ' + std::string(what)};
}

BlobResult<void> BlobWriter::start() {
  if (const auto size = store_.ledger().sizeOf(turn_.name()); size && store_.has(turn_.name())) {
    if (*size != announced_) {
      return mismatch("has " + std::to_string(*size) + " bytes, and " + std::to_string(announced_) +
                      " were announced");
    }
    size_ = *size;
    there_ = true;
    return {};
  }
  const auto reserved = store_.ledger().takeKept(turn_.name());
  if (reserved && !resume(*reserved)) {
    discard();
    ::unlink(store_.folder().kept(digest_).c_str());
    store_.ledger().release(*reserved);
  }
  return {};
}

/// The digest is computed anew over what the disk has; so it is for what came after, as a whole.
bool BlobWriter::resume(std::uint64_t reserved) {
  const auto kept = store_.folder().kept(digest_);
  const auto part = store_.folder().part(digest_);
  if (reserved > announced_ || ::rename(kept.c_str(), part.c_str()) != 0) return false;
  Descriptor file(::open(part.c_str(), O_RDWR | O_NOFOLLOW | O_CLOEXEC));
  struct stat status {};
  DigestState state(digest_.algorithm);
  if (!file || ::fstat(file.number(), &status) != 0 || !S_ISREG(status.st_mode) ||
      static_cast<std::uint64_t>(status.st_size) != reserved ||
      !digestFile(file.number(), state, reserved)) {
    ::unlink(part.c_str());
    return false;
  }
  part_ = std::move(file);
  state_.emplace(std::move(state));
  size_ = reserved;
  return true;
}

BlobResult<void> BlobWriter::openPart() {
  const auto path = store_.folder().part(digest_);
  ::unlink(path.c_str());
  Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file) return diskError("cannot make", path, errno);
  part_ = std::move(file);
  state_.emplace(digest_.algorithm);
  return {};
}

void BlobWriter::discard() {
  if (part_) {
    ::unlink(store_.folder().part(digest_).c_str());
    part_ = Descriptor();
    store_.ledger().release(size_);
  }
  state_.reset();
  size_ = 0;
}

BlobResult<void> BlobWriter::write(std::span<const std::byte> bytes) {
  if (bytes.empty()) return {};
  if (bytes.size() > announced_ - size_) {
    return mismatch("is longer than the " + std::to_string(announced_) +
                    " bytes that were announced");
  }
  if (!part_) {
    if (auto opened = openPart(); opened.has_error()) return opened;
  }
  if (auto reserved = store_.reserve(bytes.size()); reserved.has_error()) return reserved;
  if (const int error = writeAll(part_.number(), bytes); error != 0) {
    store_.ledger().release(bytes.size());
    const BlobError failed = diskError("cannot write", store_.folder().part(digest_), error);
    // Back to what has been counted, or there is nothing to go on with.
    if (::ftruncate(part_.number(), static_cast<off_t>(size_)) != 0 ||
        ::lseek(part_.number(), 0, SEEK_END) < 0) {
      discard();
    }
    return failed;
  }
  state_->update(bytes);
  size_ += bytes.size();
  return {};
}

BlobResult<void> BlobWriter::restart() {
  discard();
  there_ = false;
  return {};
}

BlobResult<void> BlobWriter::commit() {
  if (there_) return {};
  if (!part_) {  // a blob may be empty
    if (auto opened = openPart(); opened.has_error()) return opened;
  }
  if (size_ != announced_) {
    const BlobError error = mismatch("ended behind " + std::to_string(size_) + " of the " +
                                     std::to_string(announced_) + " bytes that were announced");
    discard();
    return error;
  }
  if (const std::string hex = state_->finish(); hex != digest_.hex) {
    const BlobError error =
        mismatch("did not come as such: the digest of what came is " +
                 BlobDigest{digest_.algorithm, hex}.text() + "; pull again, or ask who serves it");
    discard();
    return error;
  }
  const auto place = store_.folder().blob(digest_);
  // Also in the place of one that is there: it is the same, or was damaged.
  if (::fchmod(part_.number(), 0444) != 0 || ::fsync(part_.number()) != 0 ||
      ::rename(store_.folder().part(digest_).c_str(), place.c_str()) != 0) {
    const BlobError error = diskError("cannot put in place", place, errno);
    discard();
    return error;
  }
  part_ = Descriptor();
  if (auto synced = syncFolder(place.parent_path()); synced.has_error()) {
    // A later attempt would find it there, and promise what may not outlast a loss of power.
    ::unlink(place.c_str());
    store_.ledger().release(std::exchange(size_, 0));
    return synced;
  }
  there_ = true;
  store_.ledger().add(turn_.name(), size_, size_);
  return {};
}

/// What it counts stays reserved.
bool BlobWriter::leaveForNext() {
  if (!part_ || size_ == 0) return false;
  if (::fsync(part_.number()) != 0 || ::futimens(part_.number(), nullptr) != 0 ||
      ::rename(store_.folder().part(digest_).c_str(), store_.folder().kept(digest_).c_str()) != 0) {
    return false;
  }
  store_.ledger().keep(turn_.name(), size_);
  return true;
}

}  // namespace skiff
