#include "deploy/blobs/blob_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "tests/deploy/blobs/blob_fixture.h"

namespace skiff {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using testing::bytesOf;
using testing::digestOf;
using testing::failsAs;
using ::testing::HasSubstr;

class ABlobStore : public testing::WithBlobStore {};

mode_t modeOf(const fs::path& path) {
  struct stat status {};
  EXPECT_EQ(::lstat(path.c_str(), &status), 0) << path;
  return status.st_mode & 07777;
}

TEST_F(ABlobStore, IsAnOciImageLayoutOfPrivateFolders) {
  EXPECT_THAT(folder_.read("data/store/oci-layout"), HasSubstr(R"("imageLayoutVersion":"1.0.0")"));
  EXPECT_THAT(folder_.read("data/store/index.json"),
              AllOf(HasSubstr(R"("schemaVersion":2)"), HasSubstr(R"("manifests":[])")));
  const std::string digest = put("hello");
  EXPECT_EQ(digest, "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
  EXPECT_EQ(folder_.read("data/store/blobs/sha256/" + digest.substr(7)), "hello");
  EXPECT_EQ(modeOf(blobFile(digest)), 0444U);
  for (const char* folder : {"", "blobs", "blobs/sha256", "blobs/sha512", "trees", "work"}) {
    EXPECT_EQ(modeOf(path_ / folder), 0700U) << folder;
  }
}

TEST_F(ABlobStore, KeepsAnIndexThatIsThereAlready) {
  fs::permissions(path_ / "index.json", fs::perms::owner_all);
  folder_.write("data/store/index.json", "mine");
  open();
  EXPECT_EQ(folder_.read("data/store/index.json"), "mine");
}

TEST_F(ABlobStore, GivesBackWhatWasPutAlsoToTheNextProcess) {
  const std::string digest = put("hello");
  const std::string empty = put("");
  EXPECT_TRUE(store_->has(digest));
  EXPECT_EQ(readBack(digest), "hello");
  EXPECT_EQ(put("hello"), digest) << "again";
  open();
  EXPECT_TRUE(store_->has(digest));
  EXPECT_EQ(readBack(digest), "hello");
  EXPECT_EQ(readBack(empty), "");
  EXPECT_EQ(store_->bytes(), 5U);
  const auto file = store_->file(digest);
  ASSERT_TRUE(file.has_value());
  EXPECT_EQ(*file, blobFile(digest));
  EXPECT_EQ(unfinished(), 0U);
}

TEST_F(ABlobStore, TakesNothingForADigestThatIsNone) {
  const std::string inside = put("hello");
  folder_.write("data/outside", "secret");
  const std::string hex = inside.substr(7);
  for (const std::string& name : {
           std::string("sha256:../../../outside"),
           std::string("sha256:../../x"),
           std::string("sha512:../sha256/") + hex,
           std::string("sha256:") + std::string(64, '/'),
           std::string("sha256:") + hex.substr(1),
           std::string("sha256:") + hex + "0",
           "sha512:" + hex,
           "sha384:" + hex,
           "SHA256:" + hex,
           std::string("sha256:") + std::string(64, 'A'),
           std::string("sha256:") + hex.substr(0, 63) + '\0',
           hex,
           std::string(""),
           std::string(":"),
           std::string("sha256:"),
           std::string("../") + hex,
       }) {
    EXPECT_FALSE(store_->has(name)) << name;
    const auto file = store_->file(name);
    ASSERT_TRUE(file.has_error()) << name;
    EXPECT_THAT(file.error(), failsAs(BlobError::Kind::notFound)) << name;
    const auto bytes = store_->read(name, 1_MiB);
    ASSERT_TRUE(bytes.has_error()) << name;
    EXPECT_THAT(bytes.error(), failsAs(BlobError::Kind::notFound)) << name;
    const auto writer = store_->begin(name, 5);
    ASSERT_TRUE(writer.has_error()) << name;
    EXPECT_THAT(writer.error(), failsAs(BlobError::Kind::notFound)) << name;
  }
  EXPECT_EQ(collect({inside, "sha256:../../../outside"}).blobs, 0U);
  EXPECT_EQ(folder_.read("data/outside"), "secret");
}

TEST_F(ABlobStore, RefusesToReadMoreThanIsAskedFor) {
  const std::string digest = put("hello");
  EXPECT_TRUE(store_->read(digest, ByteSize(5)).has_value());
  const auto tooMuch = store_->read(digest, ByteSize(4));
  ASSERT_TRUE(tooMuch.has_error());
  EXPECT_THAT(tooMuch.error(), failsAs(BlobError::Kind::full));
}

TEST_F(ABlobStore, FetchesAgainWhatTheDiskDamaged) {
  const std::string digest = put("hello");
  fs::permissions(blobFile(digest), fs::perms::owner_all);
  std::ofstream(blobFile(digest)) << "jello";
  const auto damaged = store_->read(digest, 1_MiB);
  ASSERT_TRUE(damaged.has_error());
  EXPECT_THAT(damaged.error(), failsAs(BlobError::Kind::mismatch));
  EXPECT_THAT(damaged.error().message, AllOf(HasSubstr(digest), HasSubstr("damaged")));
  EXPECT_FALSE(store_->has(digest));
  EXPECT_EQ(put("hello"), digest);
  EXPECT_EQ(readBack(digest), "hello");
  EXPECT_EQ(store_->bytes(), 5U);
}

TEST_F(ABlobStore, FetchesAgainWhatSomebodyRemovedOrCut) {
  const std::string digest = put("hello");
  fs::remove(blobFile(digest));
  EXPECT_FALSE(store_->has(digest));
  EXPECT_THAT(store_->read(digest, 1_MiB).error(), failsAs(BlobError::Kind::notFound));
  put("hello");
  EXPECT_EQ(readBack(digest), "hello");
  fs::permissions(blobFile(digest), fs::perms::owner_all);
  fs::resize_file(blobFile(digest), 2);
  EXPECT_FALSE(store_->has(digest));
  put("hello");
  EXPECT_EQ(readBack(digest), "hello");
  EXPECT_EQ(store_->bytes(), 5U);
}

TEST_F(ABlobStore, DoesNotTakeALinkForABlob) {
  const std::string digest = digestOf("secret");
  folder_.write("outside", "secret");
  fs::create_symlink(folder_.path() / "outside", blobFile(digest));
  open();
  EXPECT_FALSE(store_->has(digest));
  EXPECT_EQ(store_->bytes(), 0U);
}

TEST_F(ABlobStore, BelongsToOneProcess) {
  const auto second = BlobStore::open(path_, kCap);
  ASSERT_TRUE(second.has_error());
  EXPECT_THAT(second.error().message, HasSubstr("in use by another process"));
}

TEST_F(ABlobStore, SaysWhenItsFolderCannotBeMade) {
  folder_.write("file", "");
  const auto opened = BlobStore::open(folder_.path() / "file" / "store", kCap);
  ASSERT_TRUE(opened.has_error());
  EXPECT_THAT(opened.error(), failsAs(BlobError::Kind::storage));
  EXPECT_THAT(opened.error().message, HasSubstr("file"));
}

TEST_F(ABlobStore, RemovesWhatAKilledProcessLeftUnfinished) {
  const std::string digest = digestOf("hello");
  const std::string flat = "sha256-" + digest.substr(7);
  folder_.write("data/store/work/" + flat + ".part", "hello");
  fs::create_directories(path_ / "work" / "tree-ab" / "files" / "sub");
  folder_.write("data/store/work/tree-ab/files/sub/file", "content");
  fs::permissions(path_ / "work" / "tree-ab" / "files" / "sub", fs::perms::owner_read);
  fs::create_directory(path_ / "work" / "leaving-cd");
  open();
  EXPECT_EQ(unfinished(), 2U) << "folders, which may take their time";
  EXPECT_FALSE(fs::exists(path_ / "work" / "tree-ab")) << "their names are free";
  open();
  collect({});
  EXPECT_EQ(unfinished(), 0U);
  EXPECT_FALSE(store_->has(digest)) << "a part is no blob, even if it is whole";
  EXPECT_EQ(store_->bytes(), 0U);
  EXPECT_EQ(put("hello"), digest);
}

TEST_F(ABlobStore, IsFastWithTenThousandBlobs) {
  const fs::path folder = path_ / "blobs" / "sha256";
  constexpr int kCount = 10'000;
  const auto nameOf = [](int i) { return digestOf(std::to_string(i)); };
  for (int i = 0; i < kCount; ++i) {
    std::ofstream(folder / nameOf(i).substr(7)) << i;
  }
  const auto start = std::chrono::steady_clock::now();
  open();
  for (int i = 0; i < kCount; ++i) ASSERT_TRUE(store_->has(nameOf(i)));
  Names needed;
  for (int i = 0; i < kCount; i += 2) needed.push_back(nameOf(i));
  EXPECT_EQ(collect(needed).blobs, kCount / 2U);
  // Some 0.2 s; far more means that something is done for each pair of them.
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
  EXPECT_EQ(testing::WithBlobStore::entriesIn(folder), kCount / 2U);
}

}  // namespace
}  // namespace skiff
