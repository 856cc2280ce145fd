// Images: layers that make a tree which the guest sees as its "/", and a config that says how its
// module is run.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/deploy/image/tar_maker.h"
#include "tests/e2e/pulling.h"

namespace skiff::e2e {
namespace {

using ::testing::AllOf;
using testing::gzip;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::LayerContent;
using ::testing::Not;
using ::testing::SizeIs;
using testing::TarMaker;

constexpr const char* kConfigType = "application/vnd.oci.image.config.v1+json";
constexpr const char* kTar = "application/vnd.oci.image.layer.v1.tar";
constexpr const char* kGzip = "application/vnd.oci.image.layer.v1.tar+gzip";
constexpr const char* kZstd = "application/vnd.oci.image.layer.v1.tar+zstd";
constexpr const char* kStaticFiles = R"({"Entrypoint":["/server.wasm"]})";

/// `run`: the config's "config".
std::string configOf(const std::string& run) {
  return R"({"architecture":"wasm","os":"wasi","config":)" + run +
         R"(,"rootfs":{"type":"layers","diff_ids":[]}})";
}

LayerContent packed(const TarMaker& tar) {
  return {kGzip, gzip(tar.tar()), ""};
}

/// A registry with images, and who pulls them.
class AnImage : public ::testing::Test {
 protected:
  std::string nameOf(const std::string& tag) const { return registry_.name() + "/t/app:" + tag; }
  /// Gives its name.
  std::string push(const std::string& tag, const std::string& run,
                   const std::vector<LayerContent>& layers,
                   const std::vector<std::string>& options = {"--preserve-digests"}) {
    layout_.tag(tag, layout_.addManifest({kConfigType, configOf(run), ""}, layers));
    testing::push(layout_, tag, nameOf(tag), options);
    return nameOf(tag);
  }
  /// A base with a server of files, and a site over it.
  static std::vector<LayerContent> site() {
    return {packed(TarMaker()
                       .file("server.wasm", guestBytes("static_files"), 0755)
                       .file("index.html", "the base's page")
                       .file("old.html", "gone")
                       .folder("docs")
                       .file("docs/a.html", "a")),
            {kZstd,
             testing::zstd(TarMaker()
                               .file("index.html", "<h1>site</h1>")
                               .file(".wh.old.html", "")
                               .file("css/site.css", "b{}")
                               .symbolicLink("latest.html", "docs/a.html")
                               .hardLink("twin.html", "index.html")
                               .tar()),
             ""}};
  }

  testing::Registry registry_;
  testing::OciLayout layout_;
  Puller puller_{registryTable(registry_.name()) + "[deploy]\nunpacked_max = \"24MiB\"\n"};
};

TEST_F(AnImage, ServesTheSiteThatALayerLaidOverItsBase) {
  puller_.serve("web", push("site", kStaticFiles, site()));
  const auto expectSite = [&] {
    EXPECT_EQ(puller_.get("web").body, "<h1>site</h1>");
    EXPECT_EQ(puller_.get("web", "/css/site.css").field("content-type"), "text/css; charset=utf-8");
    EXPECT_EQ(puller_.get("web", "/docs/a.html").body, "a");
    EXPECT_EQ(puller_.get("web", "/latest.html").body, "a");
    EXPECT_EQ(puller_.get("web", "/twin.html").body, "<h1>site</h1>");
    EXPECT_EQ(puller_.get("web", "/old.html").status, 404);
  };
  expectSite();
  registry_.stop();
  puller_.daemon().restart();
  expectSite();
}

TEST_F(AnImage, IsTakenInDockersFormAndFromAnIndexToo) {
  const std::vector<LayerContent> plain{
      {kTar, TarMaker().file("server.wasm", guestBytes("static_files")).tar(), ""},
      {kTar, TarMaker().file("index.html", "docker").tar(), ""}};
  puller_.serve("docker", push("docker", kStaticFiles, plain, {"-f", "v2s2"}));
  EXPECT_EQ(puller_.get("docker").body, "docker");
  const std::string other =
      layout_.addManifest({kConfigType, configOf("{}"), ""}, {packed(TarMaker().file("a", "a"))},
                          "", R"({"os":"linux","architecture":"amd64"})");
  const std::string wasi = layout_.addManifest({kConfigType, configOf(kStaticFiles), ""}, site(),
                                               "", R"({"os":"wasi","architecture":"wasm"})");
  layout_.tag("index", layout_.addIndex({other, wasi}));
  testing::push(layout_, "index", nameOf("index"), {"--all", "--preserve-digests"});
  puller_.serve("index", nameOf("index"));
  EXPECT_EQ(puller_.get("index").body, "<h1>site</h1>");
}

TEST_F(AnImage, SaysHowItsProgramIsRun) {
  const std::string image =
      push("cgi",
           R"({"Entrypoint":["./bin/app.wasm","first"],"Cmd":["second"],"WorkingDir":"/srv",)"
           R"("Env":["GREETING=from the image","COLOUR=red"]})",
           {packed(TarMaker().file("srv/bin/app.wasm", guestBytes("cgi")))});
  puller_.addApp("web", R"("args":["third"],"env":{"COLOUR":"blue"})");
  const ApiReply pulled = puller_.pull("web", image);
  ASSERT_EQ(pulled.status, 201) << pulled.text;
  ASSERT_EQ(puller_.api().deploy("acme/web", pulled.word("version")).status, 200);
  const std::string body = puller_.get("web").body;
  EXPECT_THAT(body, HasSubstr("  first\n  second\n  third\n"));
  EXPECT_THAT(body, HasSubstr("  GREETING=from the image\n"));
  EXPECT_THAT(body, HasSubstr("  PWD=/srv\n"));
  EXPECT_THAT(body, AllOf(HasSubstr("  COLOUR=blue\n"), Not(HasSubstr("COLOUR=red"))));
}

/// An image that must be refused, and what its error says.
struct RefusedImage {
  const char* tag;
  std::string run;
  std::vector<LayerContent> layers;
  const char* says;
};

TEST_F(AnImage, ThatIsHostileOrOfNoUseIsRefusedAndLeavesNothing) {
  const std::string module = guestBytes("static_files");
  const TarMaker base = TarMaker().file("server.wasm", module);
  const std::string half = gzip(base.tar());
  const RefusedImage images[] = {
      {"traversal",
       kStaticFiles,
       {packed(base), packed(TarMaker().file("../evil", "x"))},
       "has \"..\""},
      {"absolute",
       kStaticFiles,
       {packed(base), packed(TarMaker().file("/etc/evil", "x"))},
       "absolute"},
      {"link",
       kStaticFiles,
       {packed(base), packed(TarMaker().symbolicLink("out", "../../etc"))},
       "\"out\""},
      {"bomb",
       kStaticFiles,
       {packed(base), packed(TarMaker().file("zeros", std::string(20U << 20, '\0')))},
       "200 times"},
      {"large",
       kStaticFiles,
       {packed(base), {kTar, TarMaker().file("large", std::string(25U << 20, 'x')).tar(), ""}},
       "24"},
      {"cut", kStaticFiles, {{kGzip, half.substr(0, half.size() / 2), ""}}, "layer"},
      {"nothing", kStaticFiles, {packed(TarMaker().file("index.html", "x"))}, "ENTRYPOINT"},
      {"component",
       kStaticFiles,
       {packed(TarMaker().file("server.wasm", testing::component()))},
       "component"},
      {"config", R"("none")", {packed(base)}, "config"},
  };
  puller_.addApp("web");
  for (const RefusedImage& image : images) {
    SCOPED_TRACE(image.tag);
    const ApiReply reply = puller_.pull("web", push(image.tag, image.run, image.layers));
    EXPECT_EQ(reply.status, 422) << reply.text;
    EXPECT_EQ(reply.word("code"), "module_refused");
    EXPECT_THAT(reply.word("detail"), HasSubstr(image.says));
    EXPECT_THAT(storeOf(puller_.daemon()).unfinished, IsEmpty());
  }
  EXPECT_THAT(puller_.versions("web"), IsEmpty());
  EXPECT_FALSE(std::filesystem::exists(puller_.daemon().folder() / "var" / "blobs" / "evil"));
  // With the next deployment goes what they were pulled as.
  puller_.serve("good", push("good", kStaticFiles, site()));
  EXPECT_TRUE(eventually([&] { return storeOf(puller_.daemon()).trees.size() == 1; }));
  // The manifest, the config, two layers, and the module.
  EXPECT_TRUE(eventually([&] { return storeOf(puller_.daemon()).blobs.size() == 5; }));
  EXPECT_EQ(puller_.get("good").body, "<h1>site</h1>");
}

}  // namespace
}  // namespace skiff::e2e
