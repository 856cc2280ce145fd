#include "config/load.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/config/every_key.h"

namespace skiff {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::string_view kFile = "/etc/skiff/skiff.toml";

Config parsed(std::string_view text, const std::filesystem::path& file = kFile) {
  auto config = parseConfig(text, file);
  if (config.has_value()) return *std::move(config);
  for (const Diagnostic& diagnostic : config.error()) ADD_FAILURE() << diagnostic.text();
  return {};
}

/// Those of the server in kEveryKey.
Limits everyLimit() {
  Limits limits;
  limits.cpu = milliseconds(10);
  limits.wall = milliseconds(9'000);
  limits.requestBody = 1_MiB;
  limits.responseBody = 2_MiB;
  limits.queue = milliseconds(5);
  limits.memory = 32_MiB;
  limits.heap = 48_MiB;
  limits.cpuShare = 250;
  limits.cpuBurst = milliseconds(123);
  limits.weight = 7;
  limits.memoryTotal = 1_GiB;
  limits.concurrency = 77;
  limits.rate = 11;
  limits.rateBurst = 12;
  limits.ioBytesPerSecond = 3_MiB;
  limits.ioOpsPerSecond = 13;
  limits.logBytesPerSecond = 5_KiB;
  return limits;
}

/// Those of the tenant "acme" there.
Limits acmeLimits() {
  Limits limits = everyLimit();
  limits.cpu = milliseconds(20);
  limits.memory = 64_MiB;
  return limits;
}

TEST(Config, AnEmptyFileGivesTheDefaults) {
  const Config config = parsed("");
  EXPECT_EQ(config.file, kFile);
  EXPECT_EQ(config.dataDir, "/etc/skiff/var");
  EXPECT_EQ(config.server, ServerConfig{});
  EXPECT_EQ(config.admin, AdminConfig{});
  EXPECT_EQ(config.sandbox, SandboxConfig{});
  EXPECT_EQ(config.deploy, DeployConfig{});
  EXPECT_EQ(config.limits, Limits{});
  EXPECT_EQ(config.oci, OciConfig{});
  EXPECT_THAT(config.tenants, IsEmpty());
}

TEST(Config, EveryServerKeyIsRead) {
  const Config config = parsed(kEveryKey);
  EXPECT_EQ(config.dataDir, "/etc/state");
  ServerConfig server;
  server.listen = {{"0.0.0.0", 80}, {"::1", 8080}, {"127.0.0.1", 0}};
  server.listenTls = {{"0.0.0.0", 443}, {"127.0.0.1", 0}};
  server.strictSni = true;
  server.prewarm = false;
  server.handshakeTimeout = milliseconds(1'007);
  server.shards = 3;
  server.maxUri = 4_KiB;
  server.maxHeaders = 16_KiB;
  server.maxHeaderCount = 50;
  server.headerTimeout = milliseconds(1'001);
  server.bodyTimeout = milliseconds(1'002);
  server.writeTimeout = milliseconds(1'003);
  server.idleTimeout = milliseconds(1'004);
  server.connectionsPerAddress = 17;
  server.maxConnections = 1'000;
  server.http2 = false;
  server.http2Cleartext = true;
  server.http2Streams = 18;
  server.http2Resets = 19;
  server.http2ControlFrames = 20;
  server.http2Continuations = 21;
  server.http2Window = 2_MiB;
  server.http2Unsent = 3_MiB;
  server.drainTimeout = milliseconds(0);
  server.drainIdle = milliseconds(1'008);
  server.restartTimeout = milliseconds(1'009);
  server.nursery = 9;
  server.memoryTarget = 2_GiB;
  server.idleInstance = milliseconds(1'005);
  server.reset = ResetMode::scan;
  server.accessLog = "/etc/skiff/logs/access.json";
  server.serverTiming = true;
  EXPECT_EQ(config.server, server);
  EXPECT_EQ(config.admin, (AdminConfig{{"192.0.2.1", 9'191},
                                       "/etc/skiff/tls/admin.pem",
                                       "/etc/tls/admin.key",
                                       "/etc/skiff/tls/operators.pem"}));
  DeployConfig deploy;
  deploy.blobsMax = 64_MiB;
  deploy.tenantBlobsMax = 16_MiB;
  deploy.pullTimeout = milliseconds(1'006);
  deploy.layerMax = 65_MiB;
  deploy.unpackedMax = 66_MiB;
  deploy.versionsKept = 2;
  EXPECT_EQ(config.deploy, deploy);
  EXPECT_EQ(config.sandbox,
            (SandboxConfig{SandboxMode::required, {"/etc/skiff/sites", "/srv/a"}, {"/srv/b"}}));
  EXPECT_EQ(config.limits, everyLimit());
}

TEST(Config, EveryCertificateKeyIsRead) {
  const CertificateConfig acme{
      "/etc/skiff/tls/acme.pem", "/etc/tls/acme.key", {"acme.example", "*.acme.example"}, "acme"};
  const CertificateConfig other{"/etc/skiff/tls/other.pem", "/etc/skiff/tls/other.key", {}, ""};
  EXPECT_EQ(parsed(kEveryKey).certificates, (std::vector<CertificateConfig>{acme, other}));
}

TEST(Config, MayDoWithoutPlainListenersIfOthersSpeakTls) {
  const Config config = parsed(
      "[server]\nlisten = []\nlisten_tls = [\"127.0.0.1:443\"]\n"
      "[[certificate]]\ncertificate = \"a.pem\"\nkey = \"a.key\"");
  EXPECT_THAT(config.server.listen, IsEmpty());
  EXPECT_THAT(config.server.listenTls, SizeIs(1));
}

TEST(Config, EveryRegistryKeyIsRead) {
  RegistrySettings settings;
  settings.username = "robot";
  settings.passwordFile = "/etc/skiff/secrets/registry";
  settings.ca = "/etc/registry-ca.pem";
  settings.mirror = "[::1]:5001";
  RegistrySettings plain;
  plain.plainHttp = true;
  const Config config = parsed(kEveryKey);
  EXPECT_EQ(config.oci.registries,
            (std::map<std::string, RegistrySettings, std::less<>>{
                {"registry.example:5000", settings}, {"127.0.0.1:5000", plain}}));
  EXPECT_EQ(config.oci.of("registry.example:5000"), settings);
  EXPECT_EQ(config.oci.of("ghcr.io"), RegistrySettings{});
}

TEST(Config, EveryAppKeyIsRead) {
  const Config config = parsed(kEveryKey);
  ASSERT_THAT(config.tenants, SizeIs(2));
  EXPECT_EQ(config.tenants[0].name, "acme");
  EXPECT_EQ(config.tenants[0].limits, acmeLimits());
  EXPECT_EQ(config.tenants[1], (TenantConfig{"other", everyLimit(), {}}));
  ASSERT_THAT(config.tenants[0].apps, SizeIs(2));
  AppConfig hello;
  hello.name = "hello";
  hello.module = "/etc/skiff/guests/hello.wasm";
  hello.routes = {"hello.localhost/*", "*.hello.localhost/a"};
  hello.priority = -5;
  hello.env = {{"ZEBRA", "1"}, {"ANT", "two words"}, {"EMPTY", ""}};
  hello.args = {"--verbose", ""};
  hello.files = "/etc/skiff/site/public";
  hello.tmp = false;
  hello.snapshot = Snapshot::always;
  hello.debug = true;
  hello.dirs = {{"/etc/skiff/site", "/www", false}, {"/srv/data", "/data", true}};
  hello.config = "text or \"bytes\"\nthat get_config returns";
  hello.origin = "http://origin.example:9000";
  hello.minInstances = 1;
  hello.maxInstances = 8;
  hello.reuse = Reuse::dirty;
  hello.limits = acmeLimits();
  hello.limits.wall = milliseconds(2'000);
  EXPECT_EQ(config.tenants[0].apps[0], hello);
}

TEST(Config, AnAppNeedsOnlyNameModuleAndRoutes) {
  const Config config = parsed(kEveryKey);
  ASSERT_THAT(config.tenants[0].apps, SizeIs(2));
  AppConfig plain;
  plain.name = "plain";
  plain.module = "/opt/plain.wasm";
  plain.routes = {"plain.localhost/*"};
  // The tenant's limits, and where it has none the server's.
  plain.limits = acmeLimits();
  EXPECT_EQ(config.tenants[0].apps[1], plain);
}

TEST(Config, EachResetModeHasItsWord) {
  for (const auto& [word, mode] :
       {std::pair{"auto", ResetMode::automatic}, std::pair{"hot", ResetMode::hot},
        std::pair{"scan", ResetMode::scan}, std::pair{"discard", ResetMode::discard},
        std::pair{"fresh", ResetMode::fresh}}) {
    const Config config = parsed("[server]\nreset = \"" + std::string(word) + "\"");
    EXPECT_EQ(config.server.reset, mode) << word;
  }
}

TEST(Config, EachSnapshotModeHasItsWord) {
  for (const auto& [word, mode] :
       {std::pair{"auto", Snapshot::automatic}, std::pair{"always", Snapshot::always},
        std::pair{"never", Snapshot::never}}) {
    const Config config = parsed(
        "[[tenant]]\nname = \"t\"\n[[tenant.app]]\nname = \"a\"\nmodule = \"a\"\nroutes = "
        "[\"a/*\"]\nsnapshot = \"" +
        std::string(word) + "\"");
    EXPECT_EQ(config.tenants.at(0).apps.at(0).snapshot, mode) << word;
  }
}

TEST(Config, ADirectoryGrantedAsTmpTakesThePlaceOfTheOneInMemory) {
  const Config config = parsed(
      "[[tenant]]\nname = \"t\"\n[[tenant.app]]\nname = \"a\"\nmodule = \"a\"\nroutes = "
      "[\"a/*\"]\ndirs = [{ host = \"x\", guest = \"/tmp\", write = true }]");
  EXPECT_FALSE(config.tenants.at(0).apps.at(0).tmp);
}

TEST(Config, TheAccessLogIsAWordOrAFile) {
  for (const auto& [value, expected] :
       {std::pair{"-", "-"}, std::pair{"off", "off"}, std::pair{"./off", "/etc/skiff/off"},
        std::pair{"/var/log/a.json", "/var/log/a.json"}}) {
    const Config config = parsed("[server]\naccess_log = \"" + std::string(value) + "\"");
    EXPECT_EQ(config.server.accessLog, expected);
  }
}

TEST(Config, RelativePathsStartFromTheFilesFolder) {
  EXPECT_EQ(parsed(R"(data_dir = "./a//b/../c/")", "/x/y/skiff.toml").dataDir, "/x/y/a/c");
  EXPECT_EQ(parsed(R"(data_dir = "../../../..")", "/x/y/skiff.toml").dataDir, "/");
  const auto here = std::filesystem::current_path();
  EXPECT_EQ(parsed("", "skiff.toml").dataDir, here / "var");
  EXPECT_EQ(parsed("", "conf/skiff.toml").file, here / "conf/skiff.toml");
}

TEST(Config, LimitsMayStandAtTheirBounds) {
  const Config config = parsed(R"(
[limits]
cpu_ms = 1
wall_ms = 3600000
memory = "4GiB"
request_body = "0B"
concurrency = 1000000
)");
  Limits limits;
  limits.cpu = milliseconds(1);
  limits.wall = LimitCeilings::kWall;
  limits.memory = LimitCeilings::kMemory;
  limits.requestBody = ByteSize(0);
  limits.concurrency = LimitCeilings::kConcurrency;
  EXPECT_EQ(config.limits, limits);
}

TEST(Config, WindowsLineEndsAndAByteOrderMarkDoNoHarm) {
  EXPECT_EQ(parsed("\xef\xbb\xbf[server]\r\nshards = 2\r\n").server.shards, 2U);
}

TEST(Config, AnyBeginningOfAFileGivesAConfigOrDiagnostics) {
  const std::string_view text = kEveryKey;
  std::size_t good = 0;
  for (std::size_t length = 0; length <= text.size(); ++length) {
    const auto config = parseConfig(text.substr(0, length), kFile);
    if (config.has_value()) {
      ++good;
      continue;
    }
    ASSERT_FALSE(config.error().empty()) << length;
    for (const Diagnostic& diagnostic : config.error()) {
      EXPECT_FALSE(diagnostic.message.empty()) << length;
      EXPECT_GE(diagnostic.line, 1U) << length;
      EXPECT_GE(diagnostic.column, 1U) << length;
    }
  }
  EXPECT_GT(good, 20U);
  EXPECT_LT(good, text.size() / 2);
}

TEST(Config, AnyChangedByteGivesAConfigOrDiagnostics) {
  for (const char replacement : {'\0', '"', '[', '=', '.', '\n', '\x80'}) {
    for (std::size_t i = 0; i < kEveryKey.size(); ++i) {
      std::string text(kEveryKey);
      text[i] = replacement;
      const auto config = parseConfig(text, kFile);
      ASSERT_TRUE(config.has_value() || !config.error().empty()) << i;
    }
  }
}

class ConfigFile : public ::testing::Test {
 protected:
  ConfigFile()
      : folder_(std::filesystem::temp_directory_path() /
                ("skiff-config-" + std::to_string(::getpid()))) {
    std::filesystem::create_directories(folder_);
  }
  ~ConfigFile() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path write(std::string_view name, std::string_view content) const {
    const auto path = folder_ / name;
    std::ofstream(path, std::ios::binary) << content;
    return path;
  }

  const std::filesystem::path folder_;
};

TEST_F(ConfigFile, IsReadAndResolvedAgainstItsFolder) {
  const auto path = write("skiff.toml", "data_dir = \"state\"\n");
  const auto config = loadConfig(path);
  ASSERT_TRUE(config.has_value());
  EXPECT_EQ(config->file, path);
  EXPECT_EQ(config->dataDir, folder_ / "state");
}

TEST_F(ConfigFile, ThatCannotBeReadIsOneDiagnostic) {
  for (const auto& [path, reason] :
       {std::pair{folder_ / "none.toml", "No such file"}, std::pair{folder_, "is a directory"},
        std::pair{std::filesystem::path("/dev/null"), "is not a regular file"}}) {
    const auto config = loadConfig(path);
    ASSERT_TRUE(config.has_error()) << path;
    ASSERT_THAT(config.error(), SizeIs(1)) << path;
    EXPECT_THAT(config.error().front().text(), HasSubstr(path.string() + ": "));
    EXPECT_THAT(config.error().front().text(), HasSubstr(reason));
  }
}

TEST_F(ConfigFile, IsNamedInItsDiagnostics) {
  const auto path = write("bad.toml", "\nshard = 1\n");
  const auto config = loadConfig(path);
  ASSERT_TRUE(config.has_error());
  ASSERT_THAT(config.error(), SizeIs(1));
  EXPECT_THAT(config.error().front().text(), HasSubstr(path.string() + ":2:1: unknown key"));
}

}  // namespace
}  // namespace skiff
