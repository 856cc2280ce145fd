#include <fstream>
#include <set>

#include "tests/isolate/guest_fixture.h"

namespace skiff::testing {
namespace {

/// When instances are initialised, and what each request then begins with.
class SnapshotTest : public GuestTest {
 protected:
  std::set<std::string> answers(const std::string& name, int requests) {
    const auto pool = poolOf(name);
    std::set<std::string> found;
    for (int i = 0; i < requests; ++i) {
      const std::string answer = get(*pool);
      EXPECT_EQ(answer.size(), 25U) << detail;
      found.insert(answer);
    }
    return found;
  }
};

TEST_F(SnapshotTest, AutomaticNeverGivesTwoRequestsTheSameSequenceFromASeedOfRandomness) {
  EXPECT_EQ(answers("test/seed", 50).size(), 50U);
  const auto module = prepare("test/seed");
  EXPECT_FALSE(module->image);
  EXPECT_THAT(module->whyNoImage, ::testing::HasSubstr("asks for randomness"));
}

TEST_F(SnapshotTest, AutomaticNeverGivesTwoRequestsTheSameSequenceFromASeedOfTheTime) {
  EXPECT_EQ(answers("test/seed_time", 50).size(), 50U);
  EXPECT_THAT(prepare("test/seed_time")->whyNoImage, ::testing::HasSubstr("asks for the time"));
}

TEST_F(SnapshotTest, AlwaysGivesEachRequestTheSameSequenceAsTheAuthorAskedFor) {
  snapshot = Snapshot::always;
  EXPECT_EQ(answers("test/seed", 20).size(), 1U);
  EXPECT_TRUE(prepare("test/seed")->image);
}

TEST_F(SnapshotTest, NeverInitialisesEachRequestAnew) {
  snapshot = Snapshot::never;
  const auto pool = poolOf("test/count");
  EXPECT_FALSE(pool->module().image);
  EXPECT_EQ(get(*pool), "memory=1 global=1\n");
  EXPECT_EQ(get(*pool), "memory=1 global=1\n");
}

/// Files that initialisation left open or made are not in an image.
class KeptFileTest : public SnapshotTest {
 protected:
  KeptFileTest() {
    directory_ = std::filesystem::temp_directory_path() / "skiff-kept-XXXXXX";
    std::string pattern = directory_.string();
    directory_ = ::mkdtemp(pattern.data());
    std::ofstream(directory_ / "greeting") << "hello";
    settings.directories = {{directory_, "/data", false}};
  }
  ~KeptFileTest() override { std::filesystem::remove_all(directory_); }

  std::filesystem::path directory_;
};

TEST_F(KeptFileTest, FilesThatInitialisationKeptOpenAreThereInEachRequest) {
  const auto pool = poolOf("test/keepfile");
  EXPECT_THAT(pool->module().whyNoImage, ::testing::HasSubstr("keeps files open"));
  EXPECT_EQ(get(*pool), "hello");
  EXPECT_EQ(get(*pool), "hello");
}

TEST_F(KeptFileTest, SoAreFilesThatItMadeInTmp) {
  settings.temporary = true;
  const auto pool = poolOf("test/keepfile");
  EXPECT_EQ(get(*pool), "hello noted");
  EXPECT_EQ(get(*pool), "hello noted");
}

TEST_F(KeptFileTest, WithAnImageTheyAreGone) {
  snapshot = Snapshot::always;
  const auto pool = poolOf("test/keepfile");
  EXPECT_EQ(get(*pool), "cannot read\n");
}

}  // namespace
}  // namespace skiff::testing
