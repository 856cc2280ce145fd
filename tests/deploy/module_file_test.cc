#include "deploy/module_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "deploy/digest.h"

namespace skiff {
namespace {

using ::testing::HasSubstr;

std::string digestOf(std::string_view text) {
  return sha256Digest({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

// FIPS 180-4's examples, as NIST publishes them.
TEST(Digest, IsTheSha256OfTheBytesAsOciWritesIt) {
  EXPECT_EQ(digestOf(""),
            "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(digestOf("abc"),
            "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(digestOf("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "sha256:248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(digestOf(std::string(1'000'000, 'a')),
            "sha256:cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

class ModuleFileTest : public ::testing::Test {
 protected:
  ModuleFileTest()
      : folder_(std::filesystem::temp_directory_path() /
                ("skiff-module-" + std::to_string(::getpid()))) {
    std::filesystem::create_directories(folder_);
  }
  ~ModuleFileTest() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path write(std::string_view content) const {
    const auto path = folder_ / "a.wasm";
    std::ofstream(path, std::ios::binary) << content;
    return path;
  }

  static std::string errorOf(const std::filesystem::path& path, ByteSize maxSize) {
    const auto file = readModuleFile(path, maxSize);
    return file.has_error() ? file.error().message : "";
  }

  const std::filesystem::path folder_;
};

TEST_F(ModuleFileTest, IsReadWholeAndNamedByItsDigest) {
  using namespace std::string_view_literals;
  for (const std::string_view content : {"\0asm\1\0\0\0"sv, ""sv, "x"sv}) {
    const auto file = readModuleFile(write(content), 1_MiB);
    ASSERT_TRUE(file.has_value()) << file.error().message;
    EXPECT_EQ(std::string(file->bytes.begin(), file->bytes.end()), content);
    EXPECT_EQ(file->digest, digestOf(content));
  }
}

TEST_F(ModuleFileTest, HasASourceMapIfOneLiesBesideIt) {
  const auto path = write("abc");
  EXPECT_EQ(readSourceMapFile(path, 1_KiB), "");
  std::ofstream(folder_ / "a.wasm.map") << "{\"version\":3}";
  EXPECT_EQ(readSourceMapFile(path, 1_KiB), "{\"version\":3}");
  EXPECT_EQ(readSourceMapFile(path, ByteSize(4)), "") << "larger than it may be";
}

TEST_F(ModuleFileTest, IsReadThroughALink) {
  const auto link = folder_ / "link.wasm";
  std::filesystem::create_symlink(write("abc"), link);
  const auto file = readModuleFile(link, 1_MiB);
  ASSERT_TRUE(file.has_value());
  EXPECT_EQ(file->digest, digestOf("abc"));
}

TEST_F(ModuleFileTest, MayBeAsLargeAsTheBoundAndNoLarger) {
  const auto path = write(std::string(4'096, 'x'));
  EXPECT_TRUE(readModuleFile(path, 4_KiB).has_value());
  EXPECT_EQ(errorOf(path, ByteSize(4'095)),
            "the module \"" + path.string() + "\" is larger than 4095B");
}

// Such files say that they are empty and go on for as long as one reads.
TEST_F(ModuleFileTest, IsBoundedAlsoIfItsSizeIsNotTold) {
  EXPECT_THAT(errorOf("/proc/self/maps", ByteSize(100)), HasSubstr("is larger than 100B"));
  const auto file = readModuleFile("/proc/self/maps", 16_MiB);
  ASSERT_TRUE(file.has_value());
  EXPECT_GT(file->bytes.size(), 100U);
}

TEST_F(ModuleFileTest, IsRefusedIfItIsNoRegularFile) {
  EXPECT_THAT(errorOf(folder_, 1_MiB), HasSubstr("is a directory"));
  EXPECT_THAT(errorOf("/dev/zero", 1_MiB), HasSubstr("is not a regular file"));
  const auto pipe = folder_ / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_THAT(errorOf(pipe, 1_MiB), HasSubstr("is not a regular file"));
}

TEST_F(ModuleFileTest, IsRefusedWithTheSystemsReasonIfItCannotBeOpened) {
  EXPECT_EQ(errorOf(folder_ / "none.wasm", 1_MiB),
            "the module \"" + (folder_ / "none.wasm").string() +
                "\" cannot be opened: No such file or directory");
  EXPECT_THAT(errorOf(folder_ / std::string(300, 'x'), 1_MiB), HasSubstr("File name too long"));
}

}  // namespace
}  // namespace skiff
