#include "server/observe/log_tail.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace skiff {
namespace {

using ::testing::ElementsAre;

class LogTailTest : public ::testing::Test {
 protected:
  LogTail::Listener into(std::vector<std::string>& lines) {
    return [&lines](std::string_view line) { lines.emplace_back(line); };
  }

  const std::shared_ptr<LogTail> tail_ = std::make_shared<LogTail>();
};

TEST_F(LogTailTest, GivesTheLastLinesFirstAndThenEachThatComes) {
  tail_->append("one");
  std::vector<std::string> lines;
  const auto subscription = tail_->follow(into(lines));
  EXPECT_THAT(lines, ElementsAre("one"));
  tail_->append("two");
  EXPECT_THAT(lines, ElementsAre("one", "two"));
}

TEST_F(LogTailTest, TellsNothingMoreOnceTheSubscriptionHasGone) {
  std::vector<std::string> lines;
  auto subscription = tail_->follow(into(lines));
  subscription.reset();
  tail_->append("late");
  EXPECT_TRUE(lines.empty());
}

TEST_F(LogTailTest, HoldsSoManyLinesAndNoMore) {
  for (std::size_t i = 0; i < LogTail::kMostLines + 5; ++i) tail_->append(std::to_string(i));
  std::vector<std::string> lines;
  const auto subscription = tail_->follow(into(lines));
  ASSERT_EQ(lines.size(), LogTail::kMostLines);
  EXPECT_EQ(lines.front(), "5");
}

TEST_F(LogTailTest, HoldsSoManyBytesAndNoMore) {
  const std::string half(LogTail::kMostBytes / 2, 'x');
  for (int i = 0; i < 3; ++i) tail_->append(half);
  std::vector<std::string> lines;
  const auto subscription = tail_->follow(into(lines));
  EXPECT_EQ(lines.size(), 2u);
}

TEST_F(LogTailTest, IsLeftWhileOthersWrite) {
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    while (!stop) tail_->append("line");
  });
  for (int i = 0; i < 1'000; ++i) {
    std::size_t count = 0;
    const auto subscription = tail_->follow([&count](std::string_view) { ++count; });
  }
  stop = true;
  writer.join();
}

}  // namespace
}  // namespace skiff
