#include "deploy/image/layer_stream.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <new>
#include <string>
#include <system_error>

#include "config/printable.h"

namespace skiff {
namespace {

constexpr std::size_t kBlock = 64 * 1024;

ImageError damaged(::archive* reader) {
  const char* const why = archive_error_string(reader);
  return {ImageError::Kind::damaged,
          "cannot be unpacked: " + printable(why ? why : "its compression is not as it should be")};
}

}  // namespace

void FreeReadArchive::operator()(::archive* opened) const {
  archive_read_free(opened);
}

ImageResult<std::unique_ptr<LayerStream>> LayerStream::open(const std::filesystem::path& blob,
                                                            Bounds bounds) {
  Descriptor file(::open(blob.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  struct stat status {};
  if (!file || ::fstat(file.number(), &status) != 0) {
    return ImageError{ImageError::Kind::storage,
                      "cannot be opened (" + printable(blob.string()) +
                          "): " + std::generic_category().message(errno)};
  }
  std::unique_ptr<LayerStream> stream(
      new LayerStream(std::move(file), static_cast<std::uint64_t>(status.st_size), bounds));
  if (auto started = stream->start(); started.has_error()) return started.error();
  return stream;
}

ImageResult<void> LayerStream::start() {
  reader_.reset(archive_read_new());
  if (!reader_) throw std::bad_alloc();
  ::archive* const reader = reader_.get();
  if (archive_read_support_filter_gzip(reader) != ARCHIVE_OK ||
      archive_read_support_filter_zstd(reader) != ARCHIVE_OK ||
      archive_read_support_format_raw(reader) != ARCHIVE_OK ||
      archive_read_open_fd(reader, file_.number(), kBlock) != ARCHIVE_OK) {
    return damaged(reader);
  }
  // The filter that reads the file is one of them.
  if (archive_filter_count(reader) > 2) {
    return ImageError{ImageError::Kind::damaged,
                      "is compressed more than once; build the image with one compression"};
  }
  archive_entry* entry = nullptr;
  const int opened = archive_read_next_header(reader, &entry);
  if (opened == ARCHIVE_EOF) {
    ended_ = true;
  } else if (opened != ARCHIVE_OK) {
    return damaged(reader);
  }
  return {};
}

ImageResult<std::span<const std::byte>> LayerStream::next() {
  if (ended_) return std::span<const std::byte>();
  const void* data = nullptr;
  std::size_t size = 0;
  la_int64_t offset = 0;
  const int got = archive_read_data_block(reader_.get(), &data, &size, &offset);
  if (got == ARCHIVE_EOF) {
    ended_ = true;
    return std::span<const std::byte>();
  }
  if (got != ARCHIVE_OK) return damaged(reader_.get());
  bytes_ += size;
  if (bytes_ > bounds_.bytes) {
    return ImageError{ImageError::Kind::tooLarge,
                      "unpacks to more than the " + std::to_string(bounds_.bytes) +
                          " bytes that are left for it; make the image smaller"};
  }
  if (bytes_ > bounds_.freeBytes && bytes_ / bounds_.ratio > size_) {
    return ImageError{ImageError::Kind::ratio,
                      "unpacks to more than " + std::to_string(bounds_.ratio) +
                          " times its size of " + std::to_string(size_) +
                          " bytes, as decompression bombs do; leave out files that hold nothing"};
  }
  return std::span(static_cast<const std::byte*>(data), size);
}

}  // namespace skiff
