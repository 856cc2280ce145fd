#include "deploy/image/image_config.h"

#include "tests/deploy/image/image_fixture.h"

namespace skiff {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using testing::TarMaker;
using Kind = ImageError::Kind;

TEST(AnImageConfig, SaysHowAnImageIsRun) {
  const auto config = ImageConfig::parse(R"({
    "created": "2024-01-01T00:00:00Z", "os": "wasip1", "architecture": "wasm",
    "config": {
      "User": "1000", "Entrypoint": ["/app/server.wasm", "--port"], "Cmd": ["80", ""],
      "Env": ["PATH=/usr/bin:/bin", "EMPTY=", "BARE", "EQUALS=a=b"],
      "WorkingDir": "/srv/../app/./", "Labels": {"a": "b"}, "ExposedPorts": {"80/tcp": {}}
    },
    "rootfs": {"type": "layers", "diff_ids": ["sha256:00"]}, "history": [{"empty_layer": true}]
  })");
  ASSERT_TRUE(config.has_value()) << config.error().message;
  EXPECT_EQ(config->os, "wasip1");
  EXPECT_EQ(config->architecture, "wasm");
  EXPECT_THAT(config->entrypoint, ElementsAre("/app/server.wasm", "--port"));
  EXPECT_THAT(config->command, ElementsAre("80", ""));
  EXPECT_THAT(config->environment, ElementsAre(Pair("PATH", "/usr/bin:/bin"), Pair("EMPTY", ""),
                                               Pair("BARE", ""), Pair("EQUALS", "a=b")));
  EXPECT_EQ(config->workingFolder, "/app");
}

TEST(AnImageConfig, MaySayNothing) {
  for (const char* json :
       {"{}", R"({"config": null})", R"({"config": {}, "os": null})",
        R"({"config": {"Entrypoint": null, "Cmd": null, "Env": null, "WorkingDir": ""}})"}) {
    const auto config = ImageConfig::parse(json);
    ASSERT_TRUE(config.has_value()) << json << ": " << config.error().message;
    EXPECT_THAT(config->entrypoint, IsEmpty());
    EXPECT_THAT(config->environment, IsEmpty());
    EXPECT_EQ(config->workingFolder, "/");
  }
}

TEST(AnImageConfig, IsRefusedIfItIsNone) {
  std::string many = R"({"config": {"Cmd": [)";
  for (int i = 0; i < 1025; ++i) many += "\"x\",";
  many += "\"x\"]}}";
  struct Case {
    std::string json;
    const char* says;
  };
  for (const Case& each : {
           Case{"", "not JSON"},
           Case{"\x7F"
                "ELF",
                "not JSON"},
           Case{"{} {}", "not JSON"},
           Case{"[]", "not a JSON object"},
           Case{std::string(100, '['), "not JSON"},
           Case{R"({"config": []})", "\"config\""},
           Case{R"({"os": 1})", "os"},
           Case{R"({"architecture": []})", "architecture"},
           Case{R"({"config": {"Entrypoint": "a"}})", "Entrypoint"},
           Case{R"({"config": {"Cmd": [1]}})", "Cmd"},
           Case{R"({"config": {"Cmd": [null]}})", "Cmd"},
           Case{R"({"config": {"Env": {"A": "b"}}})", "Env"},
           Case{R"({"config": {"Env": ["=b"]}})", "without a name"},
           Case{R"({"config": {"Env": [""]}})", "without a name"},
           Case{R"({"config": {"Cmd": ["a\u0000b"]}})", "NUL"},
           Case{R"({"config": {"WorkingDir": "/a\u0000b"}})", "NUL"},
           Case{many, "1026 strings"},
           Case{"{\"a\": \"" + std::string(1 << 20, 'x') + "\"}", "1MiB"},
       }) {
    const auto config = ImageConfig::parse(each.json);
    ASSERT_TRUE(config.has_error()) << each.json.substr(0, 100);
    EXPECT_EQ(config.error().kind, Kind::config);
    EXPECT_THAT(config.error().message, HasSubstr(each.says));
  }
}

class TheModuleOfAnImage : public testing::WithImage {
 protected:
  ImageResult<ImageModule> find() const { return findModule(config_, tree()); }
  void expectFound(const std::string& path, const std::vector<std::string>& arguments) const {
    const auto found = find();
    ASSERT_TRUE(found.has_value()) << found.error().message;
    EXPECT_EQ(found->path, path);
    EXPECT_EQ(found->file, tree().string() + path);
    EXPECT_EQ(found->arguments, arguments);
  }
  void expectNone(const char* says) const {
    const auto found = find();
    ASSERT_TRUE(found.has_error()) << found->path;
    EXPECT_EQ(found.error().kind, Kind::noModule);
    EXPECT_THAT(found.error().message, AllOf(HasSubstr(says), HasSubstr("set ENTRYPOINT")));
  }
  ImageConfig config_;
};

TEST_F(TheModuleOfAnImage, IsWhatTheEntrypointNames) {
  merge({TarMaker()
             .file("app/server.wasm", "m")
             .file("plugin.wasm", "p")
             .symbolicLink("app/link", "/app/second")
             .symbolicLink("app/second", "../app/server.wasm")
             .symbolicLink("usr", "app")});
  config_.entrypoint = {"/app/server.wasm", "a"};
  config_.command = {"b", "c"};
  expectFound("/app/server.wasm", {"a", "b", "c"});
  config_.entrypoint = {"plugin.wasm"};
  expectFound("/plugin.wasm", {"b", "c"});
  config_.workingFolder = "/app";
  for (const char* path : {"server.wasm", "./server.wasm", "../app/server.wasm", "link",
                           "../usr/server.wasm", "/usr/link", "//app//server.wasm"}) {
    config_.entrypoint = {path};
    expectFound("/app/server.wasm", {"b", "c"});
  }
}

TEST_F(TheModuleOfAnImage, IsNoneIfTheEntrypointNamesNoFile) {
  merge({TarMaker()
             .folder("bin")
             .file("plugin.wasm", "p")
             .symbolicLink("circle", "circle")
             .symbolicLink("nowhere", "no")});
  struct Case {
    const char* entrypoint;
    const char* says;
  };
  for (const Case& each :
       {Case{"/app.wasm", "\"/app.wasm\""}, Case{"wasmtime", "not in the image"},
        Case{"bin", "is a folder"}, Case{"/", "is a folder"}, Case{"", "is a folder"},
        Case{"..", "not in the image"}, Case{"../plugin.wasm", "not in the image"},
        Case{"/../../etc/passwd", "not in the image"}, Case{"circle", "circle"},
        Case{"circle/x", "not in the image"}, Case{"nowhere", "not in the image"},
        Case{"plugin.wasm/x", "not in the image"}, Case{"\n", "\\x0a"}}) {
    config_.entrypoint = {each.entrypoint};
    expectNone(each.says);
  }
}

TEST_F(TheModuleOfAnImage, IsWhatTheCommandNamesIfThereIsNoEntrypoint) {
  merge({TarMaker().file("app.wasm", "m").file("plugin.wasm", "p")});
  config_.command = {"/app.wasm", "a"};
  expectFound("/app.wasm", {"a"});
  config_.command = {"serve", "a"};
  expectFound("/plugin.wasm", {"serve", "a"});
}

TEST_F(TheModuleOfAnImage, IsTheOnlyOneAtTheRoot) {
  merge({TarMaker()
             .file("some.wasm", "m")
             .file("sub/other.wasm", "o")
             .folder("folder.wasm")
             .symbolicLink("nowhere.wasm", "no")
             .file("readme", "r")});
  expectFound("/some.wasm", {});
}

TEST_F(TheModuleOfAnImage, IsNoneIfThereAreSeveralOrNone) {
  merge({TarMaker().file("b.wasm", "m").file("a.wasm", "o")});
  expectNone("2 modules at its root (\"a.wasm\", \"b.wasm\")");
  collect({});
  merge({TarMaker().file("a", "o")});
  expectNone("no other *.wasm");
}

}  // namespace
}  // namespace skiff
