#include <fcntl.h>
#include <sys/resource.h>

#include <atomic>
#include <csignal>
#include <fstream>
#include <thread>

#include "tests/deploy/blobs/blob_fixture.h"

namespace skiff {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using testing::bytesOf;
using testing::digestOf;
using testing::failsAs;
using ::testing::HasSubstr;

class ABlobWriter : public testing::WithBlobStore {};

TEST_F(ABlobWriter, LetsABlobAppearOnlyWhenItIsWhole) {
  const std::string digest = digestOf("hello world");
  auto writer = begin(digest, 11);
  EXPECT_EQ(writer->size(), 0U);
  ASSERT_TRUE(writer->write(bytesOf("hello ")).has_value());
  ASSERT_TRUE(writer->write(bytesOf("world")).has_value());
  EXPECT_EQ(writer->size(), 11U);
  EXPECT_FALSE(store_->has(digest));
  ASSERT_TRUE(writer->commit().has_value());
  EXPECT_TRUE(store_->has(digest));
  writer.reset();
  EXPECT_EQ(readBack(digest), "hello world");
  EXPECT_EQ(unfinished(), 0U);
}

TEST_F(ABlobWriter, TakesSha512Too) {
  const std::string digest =
      "sha512:9b71d224bd62f3785d96d46ad3ea3d73319bfbc2890caadae2dff72519673ca7"
      "2323c3d99ba5c11d7c7acc6e14b8c5da0c4663475c2e5c3adef46f73bcdec043";
  auto writer = begin(digest, 5);
  ASSERT_TRUE(writer->write(bytesOf("hello")).has_value());
  const auto committed = writer->commit();
  ASSERT_TRUE(committed.has_value()) << committed.error().message;
  EXPECT_EQ(readBack(digest), "hello");
  EXPECT_TRUE(fs::exists(path_ / "blobs" / "sha512" / digest.substr(7)));
  writer.reset();
  open();
  EXPECT_EQ(readBack(digest), "hello");
}

TEST_F(ABlobWriter, LeavesNothingIfItIsGivenUp) {
  const std::string digest = digestOf("hello");
  {
    auto writer = begin(digest, 5);
    ASSERT_TRUE(writer->write(bytesOf("hel")).has_value());
    EXPECT_EQ(unfinished(), 1U);
  }
  EXPECT_EQ(unfinished(), 0U);
  EXPECT_EQ(begin(digest, 5)->size(), 0U);
}

TEST_F(ABlobWriter, ThrowsAwayOtherBytesThanTheDigests) {
  const std::string digest = digestOf("hello");
  auto writer = begin(digest, 5);
  ASSERT_TRUE(writer->write(bytesOf("jello")).has_value());
  const auto committed = writer->commit();
  ASSERT_TRUE(committed.has_error());
  EXPECT_THAT(committed.error(), failsAs(BlobError::Kind::mismatch));
  EXPECT_THAT(committed.error().message, AllOf(HasSubstr(digest), HasSubstr(digestOf("jello"))));
  EXPECT_FALSE(store_->has(digest));
  EXPECT_EQ(unfinished(), 0U);

  // And can begin anew.
  EXPECT_EQ(writer->size(), 0U);
  ASSERT_TRUE(writer->write(bytesOf("hello")).has_value());
  ASSERT_TRUE(writer->commit().has_value());
  EXPECT_EQ(readBack(digest), "hello");
}

TEST_F(ABlobWriter, RefusesMoreAndLessThanWasAnnounced) {
  const std::string digest = digestOf("hello");
  auto writer = begin(digest, 5);
  ASSERT_TRUE(writer->write(bytesOf("hel")).has_value());
  const auto more = writer->write(bytesOf("lo!"));
  ASSERT_TRUE(more.has_error());
  EXPECT_THAT(more.error(), failsAs(BlobError::Kind::mismatch));
  EXPECT_EQ(writer->size(), 3U) << "nothing of it was taken";
  const auto less = writer->commit();
  ASSERT_TRUE(less.has_error());
  EXPECT_THAT(less.error(), failsAs(BlobError::Kind::mismatch));
  EXPECT_THAT(less.error().message, HasSubstr("3 of the 5 bytes"));
  EXPECT_FALSE(store_->has(digest));
}

TEST_F(ABlobWriter, FindsABlobThatIsThereWhole) {
  const std::string digest = put("hello");
  auto writer = begin(digest, 5);
  EXPECT_EQ(writer->size(), 5U);
  EXPECT_TRUE(writer->write({}).has_value());
  EXPECT_THAT(writer->write(bytesOf("!")).error(), failsAs(BlobError::Kind::mismatch));
  EXPECT_TRUE(writer->commit().has_value());

  ASSERT_TRUE(writer->restart().has_value());
  EXPECT_EQ(writer->size(), 0U);
  ASSERT_TRUE(writer->write(bytesOf("hello")).has_value());
  EXPECT_TRUE(writer->commit().has_value());
  EXPECT_EQ(readBack(digest), "hello");
  EXPECT_EQ(store_->bytes(), 5U);
  writer.reset();

  const auto otherSize = store_->begin(digest, 6);
  ASSERT_TRUE(otherSize.has_error());
  EXPECT_THAT(otherSize.error(), failsAs(BlobError::Kind::mismatch));
}

TEST_F(ABlobWriter, GoesOnWhereAnAttemptThatWasKeptEnded) {
  const std::string text(300'000, 'x');  // more than one buffer, to be digested anew
  const std::string digest = digestOf(text + "end");
  {
    auto writer = begin(digest, text.size() + 3);
    ASSERT_TRUE(writer->write(bytesOf(text)).has_value());
    writer->keep();
  }
  {
    auto writer = begin(digest, text.size() + 3);
    EXPECT_EQ(writer->size(), text.size());
    ASSERT_TRUE(writer->write(bytesOf("en")).has_value());
    writer->keep();
  }
  open();
  auto writer = begin(digest, text.size() + 3);
  EXPECT_EQ(writer->size(), text.size() + 2) << "also in the next process";
  ASSERT_TRUE(writer->write(bytesOf("d")).has_value());
  const auto committed = writer->commit();
  ASSERT_TRUE(committed.has_value()) << committed.error().message;
  EXPECT_EQ(readBack(digest), text + "end");
  EXPECT_EQ(unfinished(), 0U);
  EXPECT_EQ(store_->bytes(), text.size() + 3);
}

TEST_F(ABlobWriter, ThrowsAwayAKeptAttemptThatDoesNotFitWhatFollows) {
  const std::string digest = digestOf("hello");
  {
    auto writer = begin(digest, 5);
    ASSERT_TRUE(writer->write(bytesOf("jel")).has_value());
    writer->keep();
  }
  {
    auto writer = begin(digest, 5);
    ASSERT_TRUE(writer->write(bytesOf("lo")).has_value());
    EXPECT_THAT(writer->commit().error(), failsAs(BlobError::Kind::mismatch));
    writer->keep();
  }
  EXPECT_EQ(begin(digest, 5)->size(), 0U) << "nothing to keep was left";
  {
    auto writer = begin(digest, 5);
    ASSERT_TRUE(writer->write(bytesOf("hell")).has_value());
    writer->keep();
  }
  EXPECT_EQ(begin(digest, 3)->size(), 0U) << "there is more than is announced now";
  EXPECT_EQ(unfinished(), 0U);
}

TEST_F(ABlobWriter, BeginsAnewWhereWhatWasKeptIsGoneOrChanged) {
  const std::string digest = digestOf("hello");
  const auto keepSome = [&] {
    auto writer = begin(digest, 5);
    ASSERT_TRUE(writer->write(bytesOf("hel")).has_value());
    writer->keep();
  };
  keepSome();
  fs::remove(keptFile(digest));
  EXPECT_EQ(begin(digest, 5)->size(), 0U);
  keepSome();
  fs::resize_file(keptFile(digest), 2);
  EXPECT_EQ(begin(digest, 5)->size(), 0U);
  EXPECT_EQ(unfinished(), 0U);
}

TEST_F(ABlobWriter, RestartsFromNothing) {
  const std::string digest = digestOf("hello");
  auto writer = begin(digest, 5);
  ASSERT_TRUE(writer->write(bytesOf("jel")).has_value());
  ASSERT_TRUE(writer->restart().has_value());
  EXPECT_EQ(writer->size(), 0U);
  ASSERT_TRUE(writer->write(bytesOf("hello")).has_value());
  EXPECT_TRUE(writer->commit().has_value());
}

TEST_F(ABlobWriter, WaitsForAnotherWriterOfTheSameBlob) {
  const std::string digest = digestOf("hello");
  auto first = begin(digest, 5);
  std::atomic<bool> committed = false;
  std::thread second([&] {
    const auto writer = begin(digest, 5);
    EXPECT_TRUE(committed.load());
    EXPECT_EQ(writer->size(), 5U) << "nothing is left to do";
  });
  EXPECT_EQ(begin(digestOf("other"), 5)->size(), 0U) << "others do not wait";
  ASSERT_TRUE(first->write(bytesOf("hello")).has_value());
  ASSERT_TRUE(first->commit().has_value());
  committed = true;
  first.reset();
  second.join();
}

TEST_F(ABlobWriter, StopsAtTheCapAndSaysWhatToDo) {
  open(ByteSize(100));
  put(std::string(60, 'a'));
  const std::string text(41, 'b');
  const auto tooMuch = store_->begin(digestOf(text), text.size());
  ASSERT_TRUE(tooMuch.has_error());
  EXPECT_THAT(tooMuch.error(), failsAs(BlobError::Kind::full));
  EXPECT_THAT(tooMuch.error().message,
              AllOf(HasSubstr("cap is 100 bytes"), HasSubstr("holds 60 bytes"),
                    HasSubstr("41 bytes more"), HasSubstr("delete versions"), HasSubstr("raise")));

  // Each fits alone, and both do not fit together.
  const std::string half(30, 'c');
  const std::string other(30, 'd');
  auto one = begin(digestOf(half), half.size());
  auto two = begin(digestOf(other), other.size());
  ASSERT_TRUE(one->write(bytesOf(half)).has_value());
  const auto beyond = two->write(bytesOf(other));
  ASSERT_TRUE(beyond.has_error());
  EXPECT_THAT(beyond.error(), failsAs(BlobError::Kind::full));
  EXPECT_EQ(two->size(), 0U);
  ASSERT_TRUE(one->commit().has_value());
  EXPECT_EQ(store_->bytes(), 90U);
  collect({digestOf(half)});
  EXPECT_EQ(store_->bytes(), 30U);
  ASSERT_TRUE(two->write(bytesOf(other)).has_value()) << "there is room again";
  EXPECT_TRUE(two->commit().has_value());
}

TEST_F(ABlobWriter, CountsWhatIsThereAlreadyAgainstALowerCap) {
  put(std::string(60, 'a'));
  open(ByteSize(50));
  EXPECT_EQ(store_->bytes(), 60U);
  EXPECT_THAT(store_->put(bytesOf("b")).error(), failsAs(BlobError::Kind::full));
}

TEST_F(ABlobWriter, GivesUpKeptAttemptsForTheRoomThatOthersNeed) {
  open(ByteSize(100));
  const std::string kept = digestOf("kept");
  {
    auto writer = begin(kept, 80);
    ASSERT_TRUE(writer->write(bytesOf(std::string(60, 'k'))).has_value());
    writer->keep();
  }
  EXPECT_TRUE(fs::exists(keptFile(kept)));
  put(std::string(50, 'a'));
  EXPECT_FALSE(fs::exists(keptFile(kept)));
  EXPECT_EQ(begin(kept, 50)->size(), 0U);
}

TEST_F(ABlobWriter, GoesOnAfterAWriteThatTheDiskRefused) {
  // A limit on the size of files stands for a disk that has no more room.
  const std::string text(64 * 1024, 'x');
  const std::string digest = digestOf(text);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  auto writer = begin(digest, text.size());
  ASSERT_TRUE(writer->write(bytesOf(text.substr(0, 1000))).has_value());
  const rlimit small{20'000, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const auto refused = writer->write(bytesOf(text.substr(1000)));
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, handler);
  ASSERT_TRUE(refused.has_error());
  EXPECT_EQ(writer->size(), 1000U);
  ASSERT_TRUE(writer->write(bytesOf(text.substr(1000))).has_value());
  const auto committed = writer->commit();
  EXPECT_TRUE(committed.has_value()) << committed.error().message;
}

}  // namespace
}  // namespace skiff
