#include <atomic>
#include <thread>

#include "tests/deploy/blobs/blob_fixture.h"

namespace skiff {
namespace {

namespace fs = std::filesystem;
using testing::bytesOf;
using testing::digestOf;
using testing::failsAs;
using ::testing::HasSubstr;

class ABlobStoreThatCollects : public testing::WithBlobStore {};

TEST_F(ABlobStoreThatCollects, RemovesWhatIsNeitherNeededNorPinned) {
  const std::string needed = put("needed");
  const std::string pinned = put("pinned");
  const std::string neither = put("neither");
  const auto pin = store_->pin({pinned, "sha256:not there"});
  const auto collected = collect({needed});
  EXPECT_EQ(collected.blobs, 1U);
  EXPECT_EQ(collected.trees, 0U);
  EXPECT_EQ(collected.bytes, 7U);
  EXPECT_EQ(readBack(needed), "needed");
  EXPECT_EQ(readBack(pinned), "pinned");
  EXPECT_FALSE(store_->has(neither));
  EXPECT_FALSE(fs::exists(blobFile(neither)));
  EXPECT_EQ(store_->bytes(), 12U);
  EXPECT_EQ(put("neither"), neither) << "and it can come back";
}

TEST_F(ABlobStoreThatCollects, CountsPins) {
  const std::string digest = put("hello");
  auto one = store_->pin({digest, digest});
  auto two = store_->pin({digest});
  one.reset();
  EXPECT_EQ(collect({}).blobs, 0U);
  const auto copy = two;
  two.reset();
  EXPECT_EQ(collect({}).blobs, 0U);
}

TEST_F(ABlobStoreThatCollects, RemovesWhatIsNoLongerPinned) {
  const std::string digest = put("hello");
  store_->pin({digest}).reset();
  EXPECT_EQ(collect({}).blobs, 1U);
}

TEST_F(ABlobStoreThatCollects, LeavesPinsToTheirOwners) {
  const auto pin = store_->pin({put("hello")});
  store_.reset();
}

TEST_F(ABlobStoreThatCollects, RemovesNothingIfWhatIsNeededIsNotKnown) {
  const std::string digest = put("hello");
  const auto collected = store_->collect([]() -> BlobResult<Names> {
    return BlobError{BlobError::Kind::storage, "the catalog is away"};
  });
  ASSERT_TRUE(collected.has_error());
  EXPECT_THAT(collected.error().message, HasSubstr("the catalog is away"));
  EXPECT_TRUE(store_->has(digest));
  EXPECT_EQ(collect({}).blobs, 1U) << "and the next one goes as ever";
}

TEST_F(ABlobStoreThatCollects, KeepsWhatWasPinnedWhileItAsked) {
  // A deploy finds a blob that nobody has needed so far, and is done before the catalog's answer,
  // which was given just before, is acted on.
  const std::string digest = put("hello");
  const auto collected = store_->collect([&]() -> BlobResult<Names> {
    const auto pin = store_->pin({digest});
    EXPECT_TRUE(store_->has(digest));
    return Names{};
  });
  EXPECT_EQ(collected->blobs, 0U);
  EXPECT_TRUE(store_->has(digest));
}

TEST_F(ABlobStoreThatCollects, KeepsWhatWasWrittenWhileItAsked) {
  const std::string old = put("old");
  const auto collected = store_->collect([&]() -> BlobResult<Names> {
    put("new");
    put("old");
    return Names{};
  });
  EXPECT_EQ(collected->blobs, 0U);
  EXPECT_EQ(readBack(digestOf("new")), "new");
  EXPECT_EQ(readBack(old), "old");
}

TEST_F(ABlobStoreThatCollects, KeepsWhatIsBeingWritten) {
  const std::string digest = put("hello");
  const auto writer = begin(digest, 5);
  const std::string unfinished = digestOf("unfinished");
  const auto other = begin(unfinished, 10);
  ASSERT_TRUE(other->write(bytesOf("unfini")).has_value());
  EXPECT_EQ(collect({}).blobs, 0U);
  ASSERT_TRUE(other->write(bytesOf("shed")).has_value());
  EXPECT_TRUE(other->commit().has_value());
  EXPECT_TRUE(store_->has(digest));
}

TEST_F(ABlobStoreThatCollects, RemovesAttemptsThatWereKeptForMoreThanADay) {
  const auto keepSome = [&](std::string_view text) {
    const std::string digest = digestOf(text);
    auto writer = begin(digest, text.size());
    EXPECT_TRUE(writer->write(bytesOf(text.substr(1))).has_value());
    writer->keep();
    return digest;
  };
  const std::string old = keepSome("old");
  const std::string young = keepSome("young");
  setAge(keptFile(old), std::chrono::hours(25));
  setAge(keptFile(young), std::chrono::hours(23));
  collect({});
  EXPECT_FALSE(fs::exists(keptFile(old)));
  EXPECT_TRUE(fs::exists(keptFile(young)));
  setAge(keptFile(young), std::chrono::hours(25));
  open();
  EXPECT_FALSE(fs::exists(keptFile(young))) << "so does the next start";
}

TEST_F(ABlobStoreThatCollects, ReportsABlobThatCannotBeRemovedAndKeepsCountingIt) {
  const std::string digest = put("hello");
  // A folder in its place, which unlink(2) refuses also for root.
  fs::remove(blobFile(digest));
  fs::create_directory(blobFile(digest));
  const auto collected = store_->collect([]() -> BlobResult<Names> { return Names{}; });
  ASSERT_TRUE(collected.has_error());
  EXPECT_THAT(collected.error(), failsAs(BlobError::Kind::storage));
  EXPECT_THAT(collected.error().message, HasSubstr(digest.substr(7)));
  EXPECT_EQ(store_->bytes(), 5U);
}

// Deploys that come and go, on blobs they share, while the store collects all the time: what a
// deploy has pinned until the catalog named it is there for as long as the catalog names it.
TEST_F(ABlobStoreThatCollects, NeverRemovesWhatADeployReliesOnWhateverTheOrder) {
  constexpr int kThreads = 4;
  constexpr int kRounds = 60;
  constexpr int kBlobs = 3;
  std::mutex mutex;
  std::map<std::string, int> catalog;
  std::atomic<int> deploying = kThreads;

  std::thread collector([&] {
    while (deploying > 0) {
      const auto collected = store_->collect([&]() -> BlobResult<Names> {
        const std::lock_guard lock(mutex);
        Names names;
        for (const auto& [name, count] : catalog) names.push_back(name);
        return names;
      });
      ASSERT_TRUE(collected.has_value()) << collected.error().message;
    }
  });
  std::vector<std::thread> deploys;
  for (int t = 0; t < kThreads; ++t) {
    deploys.emplace_back([&, t] {
      for (int round = 0; round < kRounds; ++round) {
        const std::string text = "blob " + std::to_string((round + t) % kBlobs);
        const std::string digest = digestOf(text);
        {
          const auto pin = store_->pin({digest});
          if (!store_->has(digest)) {
            auto writer = begin(digest, text.size());
            if (writer->size() == 0) {
              EXPECT_TRUE(writer->write(bytesOf(text)).has_value());
            }
            EXPECT_TRUE(writer->commit().has_value());
          }
          const std::lock_guard lock(mutex);
          ++catalog[digest];
        }
        EXPECT_EQ(readBack(digest), text);
        const std::lock_guard lock(mutex);
        if (--catalog[digest] == 0) catalog.erase(digest);
      }
      --deploying;
    });
  }
  for (std::thread& thread : deploys) thread.join();
  collector.join();
  collect({});
  EXPECT_EQ(store_->bytes(), 0U);
  EXPECT_EQ(unfinished(), 0U);
}

}  // namespace
}  // namespace skiff
