#include "cli/session/credentials.h"

#include <sys/stat.h>

#include "tests/temporary_directory.h"

namespace skiff::cli {
namespace {

using skiff::testing::TemporaryDirectory;
using ::testing::HasSubstr;

mode_t modeOf(const std::filesystem::path& path) {
  struct stat status {};
  EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
  return status.st_mode & 0777;
}

TEST(CredentialsFile, IsWhereTheBaseDirectorySpecificationSays) {
  EXPECT_EQ(credentialsFile("/conf", "/home/me"), "/conf/skiff/credentials.json");
  EXPECT_EQ(credentialsFile("", "/home/me"), "/home/me/.config/skiff/credentials.json");
  EXPECT_EQ(credentialsFile("relative", "/home/me"), "/home/me/.config/skiff/credentials.json");
  EXPECT_EQ(credentialsFile("", ""), "");
}

TEST(Credentials, ComeBackAsTheyWereWritten) {
  const TemporaryDirectory directory;
  const auto file = directory.path() / "config" / "skiff" / "credentials.json";
  Credentials credentials;
  credentials.current = "prod";
  credentials.hosts["prod"] = {"https://skiff.example:443", "t1", "acme"};
  credentials.hosts["default"] = {"http://127.0.0.1:9090", "t2", ""};
  ASSERT_TRUE(writeCredentials(file, credentials));
  EXPECT_EQ(modeOf(file), 0600U);
  EXPECT_EQ(modeOf(file.parent_path()), 0700U);

  const auto read = readCredentials(file);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->current, "prod");
  ASSERT_NE(read->find("prod"), nullptr);
  EXPECT_EQ(read->find("prod")->token, "t1");
  EXPECT_EQ(read->find("prod")->tenant, "acme");
  EXPECT_EQ(read->find("default")->url, "http://127.0.0.1:9090");
  EXPECT_EQ(read->find("other"), nullptr);
}

TEST(Credentials, AreReplacedWholeAndNothingElseIsLeft) {
  const TemporaryDirectory directory;
  const auto file = directory.path() / "skiff" / "credentials.json";
  Credentials credentials;
  credentials.hosts["a"] = {"http://127.0.0.1:1", std::string(500, 'x'), ""};
  ASSERT_TRUE(writeCredentials(file, credentials));
  credentials.hosts["a"].token = "y";
  ASSERT_TRUE(writeCredentials(file, credentials));
  EXPECT_EQ(readCredentials(file)->find("a")->token, "y");
  const auto entries = std::filesystem::directory_iterator(file.parent_path());
  EXPECT_EQ(std::distance(begin(entries), end(entries)), 1);
}

TEST(Credentials, AreNoneIfThereIsNoFile) {
  const TemporaryDirectory directory;
  const auto read = readCredentials(directory.path() / "nowhere" / "credentials.json");
  ASSERT_TRUE(read);
  EXPECT_TRUE(read->hosts.empty());
}

TEST(Credentials, ThatOthersMayReadAreRefused) {
  const TemporaryDirectory directory;
  const auto file = directory.path() / "skiff" / "credentials.json";
  ASSERT_TRUE(writeCredentials(file, {}));
  ::chmod(file.c_str(), 0644);
  const auto read = readCredentials(file);
  ASSERT_FALSE(read);
  EXPECT_THAT(read.error().message, HasSubstr("chmod 600"));
}

TEST(Credentials, ThatAreNotOursAreRefused) {
  const TemporaryDirectory directory;
  const auto file = directory.path() / "credentials.json";
  for (const std::string_view text : {"", "[]", "{}", "{\"hosts\":1}", "{\"hosts\":{\"a\":1}}",
                                      "{\"hosts\":{\"a\":{\"token\":\"with space\"}}}",
                                      "{\"hosts\":{\"a\":{\"token\":\"a\\r\\nx: y\"}}}"}) {
    directory.write("credentials.json", text);
    ::chmod(file.c_str(), 0600);
    EXPECT_FALSE(readCredentials(file)) << text;
  }
}

TEST(TokenFile, HoldsOneToken) {
  const TemporaryDirectory directory;
  directory.write("good", "sk_abc\n");
  directory.write("two", "sk_abc\nsk_def\n");
  directory.write("empty", "\n");
  directory.write("large", std::string(5000, 'x'));
  EXPECT_EQ(*readTokenFile(directory.path() / "good"), "sk_abc");
  for (const char* name : {"two", "empty", "large", "missing"}) {
    EXPECT_FALSE(readTokenFile(directory.path() / name)) << name;
  }
}

}  // namespace
}  // namespace skiff::cli
