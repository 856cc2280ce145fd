#include <sys/stat.h>

#include <fstream>

#include "tests/deploy/blobs/blob_fixture.h"

namespace skiff {
namespace {

namespace fs = std::filesystem;
using testing::failsAs;

class ATreeInABlobStore : public testing::WithBlobStore {
 protected:
  std::unique_ptr<BlobStore::TreeWriter> beginTree(std::string_view name) {
    auto writer = store_->beginTree(name);
    EXPECT_TRUE(writer.has_value()) << writer.error().message;
    return writer.has_value() ? *std::move(writer) : nullptr;
  }
  void make(std::string_view name) {
    const auto writer = beginTree(name);
    fill(writer->folder());
    const auto committed = writer->commit();
    ASSERT_TRUE(committed.has_value()) << committed.error().message;
  }
  /// Two folders, read-only, and a file with two names: 3 blocks of 4 KiB, one of them the root's.
  static void fill(const fs::path& folder) {
    fs::create_directory(folder / "sub");
    std::ofstream(folder / "sub" / "file") << "content";
    fs::create_hard_link(folder / "sub" / "file", folder / "sub" / "again");
    fs::create_symlink("/etc/passwd", folder / "link");
    for (const fs::path& each : {folder / "sub", folder}) {
      fs::permissions(each, fs::perms::owner_read | fs::perms::owner_exec);
    }
  }
  static constexpr std::uint64_t kBytes = 4 * 4096;
};

TEST_F(ATreeInABlobStore, AppearsWholeInItsPlace) {
  EXPECT_FALSE(store_->has("ab12"));
  {
    const auto writer = beginTree("ab12");
    fill(writer->folder());
    EXPECT_FALSE(store_->has("ab12"));
    EXPECT_FALSE(fs::exists(store_->treeFolder("ab12")));
    ASSERT_TRUE(writer->commit().has_value());
  }
  EXPECT_TRUE(store_->has("ab12"));
  EXPECT_EQ(store_->treeFolder("ab12"), path_ / "trees" / "ab12" / "files");
  EXPECT_TRUE(fs::exists(store_->treeFolder("ab12") / "sub" / "file"));
  EXPECT_EQ(store_->bytes(), kBytes);
  EXPECT_EQ(unfinished(), 0U);
  open();
  EXPECT_TRUE(store_->has("ab12"));
  EXPECT_EQ(store_->bytes(), kBytes);
}

TEST_F(ATreeInABlobStore, LeavesNothingIfItIsGivenUp) {
  {
    const auto writer = beginTree("ab12");
    ASSERT_TRUE(writer->reserve(1000).has_value());
    fill(writer->folder());
  }
  EXPECT_FALSE(store_->has("ab12"));
  EXPECT_EQ(unfinished(), 0U);
  EXPECT_EQ(store_->bytes(), 0U);
  const auto all = beginTree("ab12");
  EXPECT_TRUE(all->reserve(kCap.bytes()).has_value()) << "what was reserved is free again";
}

TEST_F(ATreeInABlobStore, StaysAsItIsIfItIsThereAlready) {
  make("ab12");
  const auto writer = beginTree("ab12");
  std::ofstream(writer->folder() / "other") << "other";
  const auto committed = writer->commit();
  ASSERT_TRUE(committed.has_value());
  EXPECT_EQ(*committed, kBytes);
  EXPECT_FALSE(fs::exists(store_->treeFolder("ab12") / "other"));
}

TEST_F(ATreeInABlobStore, IsMadeAgainIfSomebodyRemovedIt) {
  make("ab12");
  for (const char* folder : {"files/sub", "files"}) {
    fs::permissions(path_ / "trees" / "ab12" / folder, fs::perms::owner_all);
  }
  fs::remove_all(path_ / "trees" / "ab12" / "files");
  EXPECT_FALSE(store_->has("ab12"));
  make("ab12");
  EXPECT_TRUE(fs::exists(store_->treeFolder("ab12") / "sub" / "file"));
  EXPECT_EQ(store_->bytes(), kBytes);
}

TEST_F(ATreeInABlobStore, CountsAgainstTheCap) {
  const auto writer = beginTree("ab12");
  ASSERT_TRUE(writer->reserve(kCap.bytes()).has_value());
  const auto more = writer->reserve(1);
  ASSERT_TRUE(more.has_error());
  EXPECT_THAT(more.error(), failsAs(BlobError::Kind::full));
  EXPECT_THAT(store_->put(testing::bytesOf("a")).error(), failsAs(BlobError::Kind::full));
}

TEST_F(ATreeInABlobStore, HasANameThatCannotLeadElsewhere) {
  for (const std::string& name :
       {std::string(""), std::string(".."), std::string("../trees/ab"), std::string("a/b"),
        std::string("AB"), std::string("ab\0", 3), std::string(129, 'a')}) {
    EXPECT_TRUE(store_->treeFolder(name).empty()) << name;
    EXPECT_FALSE(store_->has(name)) << name;
    const auto writer = store_->beginTree(name);
    ASSERT_TRUE(writer.has_error()) << name;
    EXPECT_THAT(writer.error(), failsAs(BlobError::Kind::notFound)) << name;
  }
}

TEST_F(ATreeInABlobStore, IsCollectedWithItsReadOnlyFoldersUnlessNeededOrPinned) {
  make("aa");
  make("bb");
  make("cc");
  folder_.write("victim", "stays");
  const auto pin = store_->pin({"bb"});
  const auto collected = collect({"aa"});
  EXPECT_EQ(collected.trees, 1U);
  EXPECT_EQ(collected.blobs, 0U);
  EXPECT_EQ(collected.bytes, kBytes);
  EXPECT_TRUE(store_->has("aa"));
  EXPECT_TRUE(store_->has("bb"));
  EXPECT_FALSE(store_->has("cc"));
  EXPECT_EQ(entriesIn(path_ / "trees"), 2U);
  EXPECT_EQ(unfinished(), 0U);
  EXPECT_EQ(store_->bytes(), 2 * kBytes);
  EXPECT_TRUE(fs::exists("/etc/passwd")) << "links are not followed";
}

TEST_F(ATreeInABlobStore, IsMeasuredWhereItsBytesAreNotNoted) {
  make("ab12");
  fs::permissions(path_ / "trees" / "ab12" / "bytes", fs::perms::owner_all);
  folder_.write("data/store/trees/ab12/bytes", "12x");
  open();
  EXPECT_TRUE(store_->has("ab12"));
  EXPECT_EQ(store_->bytes(), kBytes);
}

}  // namespace
}  // namespace skiff
