#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "deploy/blobs/blob_store.h"
#include "deploy/digest.h"
#include "tests/temporary_directory.h"

namespace skiff::testing {

inline std::span<const std::byte> bytesOf(std::string_view text) {
  return std::as_bytes(std::span(text));
}

inline std::string digestOf(std::string_view text) {
  return sha256Digest({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

/// A store in a folder of its own, that can be opened anew as the next process would.
class WithBlobStore : public ::testing::Test {
 protected:
  using Names = std::vector<std::string>;
  static constexpr ByteSize kCap = 1_MiB;

  WithBlobStore() { open(); }

  void open(ByteSize cap = kCap) {
    store_.reset();
    auto opened = BlobStore::open(path_, cap);
    ASSERT_TRUE(opened.has_value()) << opened.error().message;
    store_ = *std::move(opened);
  }
  std::string put(std::string_view text) {
    const auto digest = store_->put(bytesOf(text));
    EXPECT_TRUE(digest.has_value()) << digest.error().message;
    return digest.has_value() ? *digest : "";
  }
  std::unique_ptr<BlobStore::Writer> begin(const std::string& digest, std::uint64_t size) {
    auto writer = store_->begin(digest, size);
    EXPECT_TRUE(writer.has_value()) << writer.error().message;
    return writer.has_value() ? *std::move(writer) : nullptr;
  }
  std::string readBack(const std::string& digest) const {
    const auto bytes = store_->read(digest, 1_MiB);
    return bytes.has_value() ? *bytes : "error: " + bytes.error().message;
  }
  BlobStore::Collected collect(Names needed) {
    const auto collected = store_->collect([&]() -> BlobResult<Names> { return needed; });
    EXPECT_TRUE(collected.has_value()) << collected.error().message;
    return collected.has_value() ? *collected : BlobStore::Collected{};
  }
  std::filesystem::path blobFile(const std::string& digest) const {
    return path_ / "blobs" / "sha256" / digest.substr(7);
  }
  std::filesystem::path keptFile(const std::string& digest) const {
    return path_ / "work" / ("sha256-" + digest.substr(7) + ".kept");
  }
  static void setAge(const std::filesystem::path& file, std::chrono::hours age) {
    std::filesystem::last_write_time(file, std::filesystem::file_time_type::clock::now() - age);
  }
  static std::size_t entriesIn(const std::filesystem::path& folder) {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder),
                                                  std::filesystem::directory_iterator()));
  }
  std::size_t unfinished() const { return entriesIn(path_ / "work"); }

  TemporaryDirectory folder_;
  const std::filesystem::path path_ = folder_.path() / "data" / "store";
  std::unique_ptr<BlobStore> store_;
};

/// Why something failed.
inline auto failsAs(BlobError::Kind kind) {
  return ::testing::Field("kind", &BlobError::kind, kind);
}

}  // namespace skiff::testing

namespace skiff {

inline void PrintTo(const BlobError& error, std::ostream* stream) {
  *stream << static_cast<int>(error.kind) << ": " << error.message;
}

}  // namespace skiff
