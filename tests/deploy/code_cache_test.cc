#include "deploy/code_cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <vector>

#include "tests/temporary_directory.h"

namespace skiff {
namespace {

namespace fs = std::filesystem;

std::span<const std::uint8_t> bytesOf(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

class ACodeCache : public ::testing::Test {
 protected:
  static std::string found(const CodeCache& cache, std::string_view module) {
    const auto code = cache.find(cache.keyOf(bytesOf(module)));
    return code ? std::string(reinterpret_cast<const char*>(code->data.get()), code->size) : "";
  }
  static void store(CodeCache& cache, std::string_view module, std::string_view code) {
    const auto stored = cache.store(cache.keyOf(bytesOf(module)), bytesOf(code));
    ASSERT_TRUE(stored.has_value()) << stored.error().message;
  }
  fs::path fileOf(const CodeCache& cache, std::string_view module) const {
    return path_ / cache.keyOf(bytesOf(module));
  }
  std::size_t files() const {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(path_), fs::directory_iterator()));
  }
  static void setAge(const fs::path& file, std::chrono::hours age) {
    fs::last_write_time(file, fs::file_time_type::clock::now() - age);
  }

  testing::TemporaryDirectory folder_;
  const fs::path path_ = folder_.path() / "data" / "code";
  CodeCache cache_{path_, "engine 1"};
};

TEST_F(ACodeCache, GivesBackWhatWasStoredAlsoToTheNextProcess) {
  EXPECT_EQ(found(cache_, "module"), "") << "not even the directory is there";
  store(cache_, "module", "code");
  EXPECT_EQ(found(cache_, "module"), "code");
  EXPECT_EQ(found(cache_, "other"), "");
  EXPECT_EQ(found(CodeCache(path_, "engine 1"), "module"), "code");
  store(cache_, "module", "better code");
  EXPECT_EQ(found(cache_, "module"), "better code");
  EXPECT_EQ(files(), 1U) << "nothing is left beside the entry";
}

TEST_F(ACodeCache, GivesNothingToAnotherEngine) {
  store(cache_, "module", "code");
  EXPECT_EQ(found(CodeCache(path_, "engine 2"), "module"), "");
}

TEST_F(ACodeCache, IgnoresAnEntryThatIsDamagedAnywhere) {
  store(cache_, "module", "code");
  const fs::path file = fileOf(cache_, "module");
  std::ifstream stream(file, std::ios::binary);
  const std::string whole{std::istreambuf_iterator<char>(stream), {}};
  const auto write = [&](const std::string& content) {
    std::ofstream(file, std::ios::binary) << content;
  };
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 1);
    write(damaged);
    EXPECT_EQ(found(cache_, "module"), "") << "byte " << at;
  }
  for (std::size_t length = 0; length < whole.size(); ++length) {
    write(whole.substr(0, length));
    EXPECT_EQ(found(cache_, "module"), "") << "of length " << length;
  }
  write(whole + "x");
  EXPECT_EQ(found(cache_, "module"), "");
  store(cache_, "module", "code");
  EXPECT_EQ(found(cache_, "module"), "code");
}

TEST_F(ACodeCache, IgnoresAnotherModulesEntryUnderItsName) {
  store(cache_, "module", "code");
  store(cache_, "other", "other code");
  fs::rename(fileOf(cache_, "other"), fileOf(cache_, "module"));
  EXPECT_EQ(found(cache_, "module"), "");
}

TEST_F(ACodeCache, IgnoresWhatOthersCouldHaveWritten) {
  store(cache_, "module", "code");
  const fs::path file = fileOf(cache_, "module");
  ASSERT_EQ(::chmod(file.c_str(), 0660), 0);
  EXPECT_EQ(found(cache_, "module"), "");
  ASSERT_EQ(::chmod(file.c_str(), 0600), 0);
  EXPECT_EQ(found(cache_, "module"), "code");
  const fs::path elsewhere = folder_.path() / "elsewhere";
  fs::rename(file, elsewhere);
  fs::create_symlink(elsewhere, file);
  EXPECT_EQ(found(cache_, "module"), "") << "a link";
  fs::remove(file);
  ASSERT_EQ(::mkfifo(file.c_str(), 0600), 0);
  EXPECT_EQ(found(cache_, "module"), "") << "a pipe";
  if (::geteuid() == 0) {
    fs::remove(file);
    fs::rename(elsewhere, file);
    ASSERT_EQ(::chown(file.c_str(), 65'534, 65'534), 0);
    EXPECT_EQ(found(cache_, "module"), "") << "somebody else's";
  }
}

TEST_F(ACodeCache, RemovesWhatWasUsedLongestAgoWhenItIsFull) {
  CodeCache cache(path_, "engine", ByteSize(3'500));
  const std::string code(1'000, 'x');
  store(cache, "a", code);
  store(cache, "b", code);
  store(cache, "c", code);
  setAge(fileOf(cache, "a"), std::chrono::hours(3));
  setAge(fileOf(cache, "b"), std::chrono::hours(2));
  setAge(fileOf(cache, "c"), std::chrono::hours(1));
  EXPECT_EQ(found(cache, "a"), code);  // which uses it
  store(cache, "d", code);
  EXPECT_EQ(found(cache, "a"), code);
  EXPECT_EQ(found(cache, "b"), "");
  EXPECT_EQ(found(cache, "c"), code);
  EXPECT_EQ(found(cache, "d"), code);
}

TEST_F(ACodeCache, DoesNotStoreWhatIsLargerThanItself) {
  CodeCache cache(path_, "engine", 1_KiB);
  store(cache, "small", "code");
  store(cache, "large", std::string(2'000, 'x'));
  EXPECT_EQ(found(cache, "large"), "");
  EXPECT_EQ(found(cache, "small"), "code");
}

TEST_F(ACodeCache, RemovesWhatAnInterruptedWriteLeftBehind) {
  store(cache_, "module", "code");
  for (const char* name : {"old.7.part", "new.8.part"}) std::ofstream(path_ / name) << "half";
  setAge(path_ / "old.7.part", std::chrono::hours(2));
  CodeCache next(path_, "engine 1");
  store(next, "other", "code");
  EXPECT_FALSE(fs::exists(path_ / "old.7.part"));
  EXPECT_TRUE(fs::exists(path_ / "new.8.part"));
}

TEST_F(ACodeCache, SaysWhyItCannotStore) {
  folder_.write("file", "");
  CodeCache cache(folder_.path() / "file" / "code", "engine");
  const auto stored = cache.store(cache.keyOf(bytesOf("module")), bytesOf("code"));
  ASSERT_TRUE(stored.has_error());
  EXPECT_THAT(stored.error().message, ::testing::HasSubstr("Not a directory"));
}

}  // namespace
}  // namespace skiff
