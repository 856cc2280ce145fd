#include "deploy/image/layer_reader.h"

#include <archive.h>
#include <archive_entry.h>
#include <sys/stat.h>

#include <cerrno>
#include <exception>
#include <new>

#include "config/printable.h"

namespace skiff {
namespace {

LayerEntry::Type typeOf(archive_entry* entry) {
  if (archive_entry_hardlink(entry)) return LayerEntry::Type::hardLink;
  switch (archive_entry_filetype(entry)) {
    case AE_IFREG:
      return LayerEntry::Type::file;
    case AE_IFDIR:
      return LayerEntry::Type::folder;
    case AE_IFLNK:
      return LayerEntry::Type::symbolicLink;
    default:
      return LayerEntry::Type::other;
  }
}

std::string textOf(const char* text) {
  return text ? text : "";
}

}  // namespace

ImageResult<std::unique_ptr<LayerReader>> LayerReader::open(std::unique_ptr<LayerStream> stream) {
  std::unique_ptr<LayerReader> reader(new LayerReader(std::move(stream)));
  if (auto started = reader->start(); started.has_error()) return started.error();
  return reader;
}

ImageResult<void> LayerReader::start() {
  reader_.reset(archive_read_new());
  if (!reader_) throw std::bad_alloc();
  headerEnds_ = stream_->bytes() + kMostHeader;
  if (archive_read_support_format_tar(reader_.get()) != ARCHIVE_OK ||
      archive_read_open2(reader_.get(), this, nullptr, readStream, nullptr, nullptr) !=
          ARCHIVE_OK) {
    return failure();
  }
  return {};
}

ImageError LayerReader::failure() {
  if (streamError_) return *streamError_;
  const char* const why = archive_error_string(reader_.get());
  return {ImageError::Kind::damaged,
          "is not a tar archive as it should be: " + printable(why ? why : "no reason is known")};
}

// libarchive is C: nothing may be thrown through it.
ssize_t LayerReader::readStream(::archive* reader, void* self, const void** buffer) {
  LayerReader& me = *static_cast<LayerReader*>(self);
  try {
    auto bytes = me.stream_->next();
    if (bytes.has_value() && me.headerEnds_ && me.stream_->bytes() > *me.headerEnds_) {
      bytes = ImageError{ImageError::Kind::damaged, "has an entry with headers of more than " +
                                                        std::to_string(kMostHeader) + " bytes"};
    }
    if (bytes.has_value()) {
      *buffer = bytes->data();
      return static_cast<ssize_t>(bytes->size());
    }
    me.streamError_ = bytes.error();
  } catch (const std::exception& error) {
    me.streamError_ = ImageError{ImageError::Kind::storage, error.what()};
  }
  archive_set_error(reader, EIO, "the layer cannot be read");
  return ARCHIVE_FATAL;
}

ImageResult<std::optional<LayerEntry>> LayerReader::next() {
  // What is left of the content goes first, so that what follows is headers alone.
  headerEnds_.reset();
  if (archive_file_count(reader_.get()) > 0 &&
      archive_read_data_skip(reader_.get()) < ARCHIVE_WARN) {
    return failure();
  }
  headerEnds_ = stream_->bytes() + kMostHeader;
  archive_entry* entry = nullptr;
  const int got = archive_read_next_header(reader_.get(), &entry);
  headerEnds_.reset();
  if (got == ARCHIVE_EOF) return std::optional<LayerEntry>();
  // A warning is about a name that is not in the locale's character set: its bytes will do.
  if (got < ARCHIVE_WARN) return failure();
  LayerEntry found;
  found.type = typeOf(entry);
  found.path = textOf(archive_entry_pathname(entry));
  found.target = textOf(found.type == LayerEntry::Type::hardLink ? archive_entry_hardlink(entry)
                                                                 : archive_entry_symlink(entry));
  const la_int64_t size = archive_entry_size(entry);
  if (size < 0) {
    return ImageError{ImageError::Kind::damaged, "has an entry of a negative size"};
  }
  found.size = static_cast<std::uint64_t>(size);
  found.executable = (archive_entry_perm(entry) & (S_IXUSR | S_IXGRP | S_IXOTH)) != 0;
  found.modified = archive_entry_mtime(entry);
  return std::optional(std::move(found));
}

ImageResult<std::optional<LayerReader::Data>> LayerReader::data() {
  const void* bytes = nullptr;
  std::size_t size = 0;
  la_int64_t offset = 0;
  const int got = archive_read_data_block(reader_.get(), &bytes, &size, &offset);
  if (got == ARCHIVE_EOF) return std::optional<Data>();
  if (got < ARCHIVE_WARN) return failure();
  if (offset < 0) return ImageError{ImageError::Kind::damaged, "has content before its begin"};
  return std::optional(Data{static_cast<std::uint64_t>(offset),
                            std::span(static_cast<const std::byte*>(bytes), size)});
}

}  // namespace skiff
