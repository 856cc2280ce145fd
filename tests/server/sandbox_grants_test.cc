// What a daemon may open, and what of a new configuration it cannot.
#include "server/sandbox_grants.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "tests/temporary_directory.h"

namespace skiff {
namespace {

namespace fs = std::filesystem;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

class SandboxGrants : public ::testing::Test {
 protected:
  SandboxGrants() {
    for (const char* folder : {"etc", "var", "modules", "old", "new", "later"}) {
      fs::create_directory(at(folder));
    }
    folder_.write("modules/app.wasm", "");
    config_.file = at("etc/skiff.toml");
    config_.dataDir = at("var");
  }

  fs::path at(const std::string& name) const { return fs::canonical(folder_.path()) / name; }
  AppConfig& addApp(const std::string& module) {
    if (config_.tenants.empty()) config_.tenants.emplace_back();
    AppConfig& app = config_.tenants.back().apps.emplace_back();
    app.module = at(module);
    return app;
  }

  testing::TemporaryDirectory folder_;
  Config config_;
};

TEST_F(SandboxGrants, AreOfTheFoldersOfWhatTheConfigurationNames) {
  addApp("modules/app.wasm").dirs = {{at("new"), "/data", true}};
  const auto grants = sandboxGrants(config_);
  EXPECT_THAT(grants, Contains(PathGrant{at("etc"), PathAccess::read}));
  EXPECT_THAT(grants, Contains(PathGrant{at("var"), PathAccess::writeFiles}));
  EXPECT_THAT(grants, Contains(PathGrant{at("modules"), PathAccess::read}));
  EXPECT_THAT(grants, Contains(PathGrant{at("new"), PathAccess::write}));
  EXPECT_THAT(grants, Not(Contains(PathGrant{"/etc", PathAccess::read})));
  EXPECT_THAT(grants, Not(Contains(PathGrant{"/proc", PathAccess::read})));
}

TEST_F(SandboxGrants, FollowLinksToWhatFilesReallyAre) {
  fs::create_symlink(at("modules/app.wasm"), at("old/app.wasm"));
  fs::create_directory_symlink(at("later"), at("var/blobs"));
  addApp("old/app.wasm");
  const auto grants = sandboxGrants(config_);
  EXPECT_THAT(grants, Contains(PathGrant{at("old"), PathAccess::read}));
  EXPECT_THAT(grants, Contains(PathGrant{at("modules"), PathAccess::read}));
  EXPECT_THAT(grants, Contains(PathGrant{at("later"), PathAccess::write}));
}

TEST_F(SandboxGrants, LetNoLinkBeMadeWhereTheNextStartLooksForPaths) {
  fs::create_directories(at("new/inner"));
  fs::create_directory(at("var/blobs"));
  fs::create_directory_symlink(at("later"), at("var/code"));
  folder_.write("old/access.log", "");
  config_.server.accessLog = at("old/access.log");
  addApp("modules/app.wasm").dirs = {{at("new"), "/data", true}};
  config_.sandbox.write = {at("modules")};
  auto grants = sandboxGrants(config_);
  EXPECT_THAT(grants, Contains(PathGrant{at("old"), PathAccess::writeFiles}));
  EXPECT_THAT(grants, Contains(PathGrant{at("later"), PathAccess::writeFiles}));
  EXPECT_THAT(grants, Contains(PathGrant{at("var/blobs"), PathAccess::write}));
  EXPECT_THAT(grants, Contains(PathGrant{at("new"), PathAccess::write}));
  EXPECT_THAT(grants, Contains(PathGrant{at("modules"), PathAccess::writeFiles}));
  addApp("modules/app.wasm").files = at("new/inner");
  grants = sandboxGrants(config_);
  EXPECT_THAT(grants, Contains(PathGrant{at("new"), PathAccess::writeFiles}));
}

TEST_F(SandboxGrants, LetNoLinkBeMadeOnTheWayToAPath) {
  config_.sandbox.write = {at("new")};
  EXPECT_THAT(sandboxGrants(config_), Contains(PathGrant{at("new"), PathAccess::write}));
  config_.sandbox.read = {at("new/releases/live")};  // nothing of it is there
  EXPECT_THAT(sandboxGrants(config_), Contains(PathGrant{at("new"), PathAccess::writeFiles}));

  fs::create_directory_symlink(at("new/second"), at("old/first"));
  fs::create_directory_symlink(at("later"), at("new/second"));
  config_.sandbox.read = {at("old/first")};
  EXPECT_THAT(sandboxGrants(config_), Contains(PathGrant{at("new"), PathAccess::writeFiles}));
  config_.sandbox.read = {at("later")};
  EXPECT_THAT(sandboxGrants(config_), Contains(PathGrant{at("new"), PathAccess::write}));
}

TEST_F(SandboxGrants, EndWhereLinksLeadInACircle) {
  fs::create_symlink(at("old/there"), at("old/here"));
  fs::create_symlink(at("old/here"), at("old/there"));
  config_.sandbox.read = {at("old/here/inner")};
  EXPECT_THAT(sandboxGrants(config_), Contains(PathGrant{at("etc"), PathAccess::read}));
}

TEST_F(SandboxGrants, OfALogThatIsNoFileAreItAlone) {
  config_.server.accessLog = "/dev/null";
  const auto grants = sandboxGrants(config_);
  EXPECT_THAT(grants, Not(Contains(PathGrant{"/dev", PathAccess::writeFiles})));
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  fs::create_symlink("/proc/self/fd/" + std::to_string(ends[1]), at("new/access.log"));
  config_.server.accessLog = at("new/access.log");
  EXPECT_THAT(sandboxGrants(config_), Not(Contains(PathGrant{at("new"), PathAccess::writeFiles})));
  for (const int end : ends) ::close(end);
  fs::create_symlink(at("later/real.log"), at("old/access.log"));
  folder_.write("later/real.log", "");
  config_.server.accessLog = at("old/access.log");
  EXPECT_THAT(sandboxGrants(config_), Contains(PathGrant{at("later"), PathAccess::writeFiles}));
}

TEST_F(SandboxGrants, AreNotAskedForByAReloadWhereItTakesNothingOver) {
  const auto grants = sandboxGrants(config_);
  config_.sandbox.read = {at("new")};
  config_.server.accessLog = at("old/access.log");
  EXPECT_EQ(findOutside(grants, reloadGrants(config_)), std::nullopt);
  addApp("modules/app.wasm");
  EXPECT_TRUE(findOutside(grants, reloadGrants(config_)));
}

TEST_F(SandboxGrants, CoverAReloadThatNeedsNothingNew) {
  addApp("modules/app.wasm").files = at("old");
  const auto grants = sandboxGrants(config_);
  fs::create_directory(at("old/deeper"));
  addApp("modules/other.wasm").files = at("old/deeper");
  EXPECT_EQ(findOutside(grants, sandboxGrants(config_)), std::nullopt);
}

TEST_F(SandboxGrants, NameAPathThatIsNotWithin) {
  const auto grants = sandboxGrants(config_);
  addApp("modules/app.wasm");
  const auto outside = findOutside(grants, sandboxGrants(config_));
  ASSERT_TRUE(outside);
  EXPECT_THAT(*outside, HasSubstr(at("modules").string() + "\""));
  EXPECT_THAT(*outside, HasSubstr("[sandbox] read"));
}

TEST_F(SandboxGrants, DoNotTakeReadingForWriting) {
  addApp("modules/app.wasm").dirs = {{at("old"), "/data", false}};
  const auto grants = sandboxGrants(config_);
  config_.tenants.back().apps.back().dirs.front().write = true;
  const auto outside = findOutside(grants, sandboxGrants(config_));
  ASSERT_TRUE(outside);
  EXPECT_THAT(*outside, HasSubstr("[sandbox] write"));
}

TEST_F(SandboxGrants, NoticeALinkThatLeadsElsewhereByNow) {
  fs::create_directory_symlink(at("old"), at("current"));
  addApp("modules/app.wasm").files = at("current");
  const auto grants = sandboxGrants(config_);
  fs::remove(at("current"));
  fs::create_directory_symlink(at("new"), at("current"));
  EXPECT_TRUE(findOutside(grants, sandboxGrants(config_)));
}

TEST_F(SandboxGrants, DoNotHoldForAFolderThatIsMadeLater) {
  config_.sandbox.read = {at("then")};
  const auto grants = sandboxGrants(config_);
  fs::create_directory(at("then"));
  addApp("then/app.wasm");
  EXPECT_TRUE(findOutside(grants, sandboxGrants(config_)));
}

TEST_F(SandboxGrants, OfAnAppAreWhatItsGuestsSee) {
  AppConfig app;
  app.files = at("old");
  app.dirs = {{at("new"), "/data", true}, {at("gone"), "/gone", true}};
  EXPECT_THAT(sandboxGrants(app), ::testing::ElementsAre(PathGrant{at("old"), PathAccess::read},
                                                         PathGrant{at("new"), PathAccess::write}));
}

}  // namespace
}  // namespace skiff
