// A disk of two mebibytes that is full, or read-only, in earnest.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <optional>

#include "tests/e2e/pulling.h"

namespace skiff::faults {
namespace {

namespace fs = std::filesystem;

using e2e::AdminApi;
using e2e::ApiReply;
using e2e::appPath;
using e2e::ConfigText;
using e2e::Daemon;
using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kHello = "Hello from wasm";

/// Whether this process may mount, in a name space of its own.
bool mayMount() {
  const int flags = ::geteuid() == 0 ? CLONE_NEWNS : CLONE_NEWUSER | CLONE_NEWNS;
  static const bool may =
      ::unshare(flags) == 0 && ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
  return may;
}

class ARealDisk : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!mayMount()) GTEST_SKIP() << "needs root, or user name spaces";
    const auto mountTmpfs = [this](const fs::path& folder) {
      const fs::path code = fs::read_symlink(folder / "code");
      ASSERT_EQ(::mount("tmpfs", folder.c_str(), "tmpfs", 0, "size=2m,mode=0700"), 0);
      fs::create_directory_symlink(code, folder / "code");
      mounted_ = folder;
    };
    daemon_.emplace(ConfigText{}, mountTmpfs);
    api_.emplace(*daemon_);
    version_ = api_->serve("acme", "web", "hello_wat");
  }
  void TearDown() override {
    if (!mounted_.empty()) ::umount2(mounted_.c_str(), MNT_DETACH);
  }

  ApiReply upload() {
    return api_->ask("POST", appPath("acme/web", "/versions"), e2e::guestBytes("hello"),
                     "application/wasm");
  }
  void expectAllWell() {
    EXPECT_EQ(daemon_->get("web.test").body, kHello);
    const ApiReply made = upload();
    EXPECT_THAT(made.status, AnyOf(200, 201)) << made.text;
    EXPECT_THAT(e2e::storeOf(*daemon_).unfinished, IsEmpty());
    daemon_->restart();
    EXPECT_EQ(daemon_->get("web.test").body, kHello);
    EXPECT_EQ(api_->deploy("acme/web", made.word("version")).status, 200);
  }

  std::optional<Daemon> daemon_;
  std::optional<AdminApi> api_;
  std::string version_;
  fs::path mounted_;
};

TEST_F(ARealDisk, ThatIsFullRefusesUploadsAndServesOn) {
  {
    std::ofstream filler(mounted_ / "filler", std::ios::binary);
    while (filler << std::string(4096, 'x') << std::flush) {
    }
  }
  const ApiReply refused = upload();
  EXPECT_EQ(refused.status, 507) << refused.text;
  EXPECT_THAT(refused.word("detail"), HasSubstr("disk is full"));
  EXPECT_EQ(daemon_->get("web.test").body, kHello);
  EXPECT_EQ(daemon_->admin("/readyz").status, 200);
  fs::remove(mounted_ / "filler");
  expectAllWell();
}

TEST_F(ARealDisk, ThatIsReadOnlyIsSaidAtTheStart) {
  daemon_->terminate();
  const auto remount = [&](unsigned long how) {
    return ::mount("none", mounted_.c_str(), nullptr, MS_REMOUNT | MS_BIND | how, nullptr);
  };
  ASSERT_EQ(remount(MS_RDONLY), 0);
  e2e::Process process(SKIFFD, {"--config", daemon_->configFile()});
  EXPECT_EQ(process.wait(), (e2e::Ending{1, 0}));
  EXPECT_THAT(process.text(e2e::Process::Stream::error),
              AllOf(HasSubstr(mounted_.string()), HasSubstr("Read-only file system")));
  ASSERT_EQ(remount(0), 0);
  daemon_->restart();
  expectAllWell();
}

}  // namespace
}  // namespace skiff::faults
