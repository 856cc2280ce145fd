#include "tests/deploy/image/image_fixture.h"

namespace skiff {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using testing::gzip;
using ::testing::HasSubstr;
using testing::TarMaker;
using testing::zstd;

class AnImage : public testing::WithImage {};

TEST_F(AnImage, BecomesAReadOnlyTree) {
  const auto info = unpack({TarMaker()
                                .folder("./")
                                .folder("bin/", 0700)
                                .file("bin/run", "#!", 04755)
                                .file("./etc/motd", "hello", 0666)
                                .file("empty", "")
                                .symbolicLink("motd", "etc/motd")
                                .hardLink("again", "etc/motd")});
  ASSERT_TRUE(info.has_value()) << info.error().message;
  EXPECT_EQ(listing(), "again bin/ bin/run empty etc/ etc/motd motd");
  EXPECT_EQ(at("etc/motd"), "hello");
  EXPECT_EQ(at("again"), "hello");
  EXPECT_EQ(at("motd"), "-> etc/motd");
  EXPECT_EQ(modeOf("bin/run"), 0555U) << "without the setuid bit";
  EXPECT_EQ(modeOf("etc/motd"), 0444U);
  EXPECT_EQ(modeOf("bin"), 0555U);
  EXPECT_EQ(modeOf("etc"), 0555U);
  EXPECT_EQ(modeOf(""), 0555U);
  EXPECT_EQ(fs::hard_link_count(tree() / "again"), 2U);
  struct stat status {};
  ASSERT_EQ(::stat((tree() / "etc/motd").c_str(), &status), 0);
  EXPECT_EQ(status.st_mtime, 1'000'000'000);
  EXPECT_EQ(status.st_uid, ::geteuid());

  EXPECT_EQ(info->folder, tree());
  EXPECT_FALSE(info->reused);
  EXPECT_EQ(info->entries, 8U) << "with the folder that no entry is of";
  EXPECT_EQ(info->skipped, 0U);
  // Folders: root, bin, etc; files: run, motd, empty; one link.
  EXPECT_EQ(info->bytes, 7U * 4096);
  EXPECT_EQ(unfinished(), 0U);
}

TEST_F(AnImage, IsUnpackedOnce) {
  const std::vector<ImageLayer> layers{layer(gzip(TarMaker().file("a", "1").tar()))};
  ASSERT_TRUE(unpackImage(*store_, layers, {}, kName).has_value());
  const auto again = unpackImage(*store_, layers, {}, kName);
  ASSERT_TRUE(again.has_value());
  EXPECT_TRUE(again->reused);
  EXPECT_EQ(again->folder, tree());
  EXPECT_EQ(at("a"), "1");
}

TEST_F(AnImage, HasATreeNamedByItsLayersInTheirOrder) {
  const std::vector<ImageLayer> layers{{"sha256:1", kGzip}, {"sha256:2", kGzip}};
  const std::vector<ImageLayer> turned{{"sha256:2", kGzip}, {"sha256:1", kGzip}};
  EXPECT_EQ(treeNameOf(layers), treeNameOf(layers));
  EXPECT_NE(treeNameOf(layers), treeNameOf(turned));
  EXPECT_FALSE(store_->treeFolder(treeNameOf(layers)).empty()) << "it can be a tree's name";
}

TEST_F(AnImage, MayBeCompressedInEachWayOrNotAtAll) {
  const std::string tar = TarMaker().file("a", "content").tar();
  struct Case {
    const char* mediaType;
    std::string bytes;
  };
  for (const Case& each : {
           Case{"application/vnd.oci.image.layer.v1.tar", tar},
           Case{"application/vnd.oci.image.layer.v1.tar+gzip", gzip(tar)},
           Case{"application/vnd.oci.image.layer.v1.tar+zstd", zstd(tar)},
           Case{"application/vnd.oci.image.layer.v1.tar+zstd; charset=x", zstd(tar)},
           Case{"application/vnd.oci.image.layer.v1.tar+gzip",
                gzip(tar.substr(0, 700)) + gzip(tar.substr(700))},
           Case{"application/vnd.docker.image.rootfs.diff.tar.gzip", gzip(tar)},
           Case{"application/vnd.docker.image.rootfs.diff.tar", tar},
           Case{"application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", gzip(tar)},
           Case{"application/vnd.oci.image.layer.nondistributable.v1.tar+gzip", gzip(tar)},
           Case{"application/vnd.docker.image.rootfs.diff.tar.gzip", zstd(tar)},
       }) {
    const std::vector<ImageLayer> layers{layer(each.bytes, each.mediaType)};
    const auto info = unpackImage(*store_, layers, {}, kName);
    ASSERT_TRUE(info.has_value()) << each.mediaType << ": " << info.error().message;
    EXPECT_EQ(at("a"), "content") << each.mediaType;
    collect({});
    ASSERT_FALSE(store_->has(kName));
  }
}

TEST_F(AnImage, LaysEachLayerOverThoseBefore) {
  merge({TarMaker().folder("app/").file("app/server", "old").file("app/config", "config"),
         TarMaker().file("app/server", "new").file("app/site/index.html", "site"),
         TarMaker().file("app/site/more.html", "more")});
  EXPECT_EQ(listing(),
            "app/ app/config app/server app/site/ app/site/index.html "
            "app/site/more.html");
  EXPECT_EQ(at("app/server"), "new");
  EXPECT_EQ(at("app/config"), "config");
}

TEST_F(AnImage, TakesOutWhatAWhiteoutNames) {
  merge(
      {TarMaker().file("a/one", "1").file("a/two", "2").file("b/three", "3").symbolicLink("l", "a"),
       TarMaker()
           .file("a/.wh.one", "")
           .file(".wh.b", "")
           .file(".wh.l", "")
           .file(".wh.none", "")
           .file("not/there/.wh.x", "")
           .file("a/one/.wh.x", "")
           .file(".wh..wh.plnk", "")});
  EXPECT_EQ(listing(), "a/ a/two");
}

TEST_F(AnImage, TakesOutOnlyWhatLayersBelowHave) {
  // Wherever the whiteout is in its layer (layer.md, "Whiteouts").
  merge(
      {TarMaker().file("a/old", "old").file("a/file", "old").file("b/old", "old").file("c", "old"),
       TarMaker()
           .file("a/new", "new")
           .file("a/.wh..wh..opq", "")
           .file("a/newer", "new")
           .file("b/new", "new")
           .file(".wh.b", "")
           .file("c", "new")
           .file(".wh.c", "")});
  EXPECT_EQ(listing(), "a/ a/new a/newer b/ b/new c");
  EXPECT_EQ(at("c"), "new");
}

TEST_F(AnImage, TakesOutNothingByWhiteoutsOfItsFirstLayer) {
  merge({TarMaker().file("a", "1").file(".wh.a", "").file(".wh..wh..opq", "")});
  EXPECT_EQ(listing(), "a");
}

TEST_F(AnImage, MayEmptyTheRoot) {
  merge({TarMaker().file("a/b", "1").file("c", "2"), TarMaker().file(".wh..wh..opq", "")});
  EXPECT_EQ(listing(), "");
}

TEST_F(AnImage, ReplacesOneKindOfThingByAnother) {
  merge({TarMaker()
             .file("file to folder", "x")
             .folder("folder to file/sub/")
             .file("folder to file/sub/x", "x")
             .folder("folder to link/")
             .file("folder to link/x", "x")
             .symbolicLink("link to folder", "folder to link")
             .symbolicLink("link to file", "target")
             .file("target", "untouched")
             .file("file to link", "x"),
         TarMaker()
             .folder("file to folder/")
             .file("file to folder/new", "new")
             .file("folder to file", "new")
             .symbolicLink("folder to link", "target")
             .folder("link to folder/")
             .file("link to folder/new", "new")
             .file("link to file", "new")
             .symbolicLink("file to link", "target")});
  EXPECT_EQ(at("file to folder/new"), "new");
  EXPECT_EQ(at("folder to file"), "new");
  EXPECT_EQ(at("folder to link"), "-> target");
  EXPECT_EQ(at("link to folder"), "/");
  EXPECT_EQ(at("link to folder/new"), "new");
  EXPECT_EQ(at("link to file"), "new");
  EXPECT_EQ(at("target"), "untouched") << "the link is replaced, not what it leads to";
  EXPECT_EQ(at("file to link"), "-> target");
}

TEST_F(AnImage, KeepsAFileWhoseOtherNameIsReplaced) {
  merge({TarMaker().file("a", "old").hardLink("b", "a"), TarMaker().file("a", "new")});
  EXPECT_EQ(at("a"), "new");
  EXPECT_EQ(at("b"), "old");
}

TEST_F(AnImage, LinksToFilesOfLayersBelow) {
  merge({TarMaker().file("dir/a", "1").symbolicLink("d", "dir"),
         TarMaker().hardLink("b", "dir/a").hardLink("c", "./d/a").hardLink("dir/a", "dir/a")});
  EXPECT_EQ(at("b"), "1");
  EXPECT_EQ(at("c"), "1");
  EXPECT_EQ(at("dir/a"), "1") << "a link to itself";
}

TEST_F(AnImage, ReachesFoldersThroughLinksWithinTheTree) {
  // As Debian has it: /bin is a link to usr/bin, and layers have entries below either.
  merge({TarMaker()
             .folder("usr/bin/")
             .symbolicLink("bin", "usr/bin")
             .symbolicLink("absolute", "/usr/bin")
             .symbolicLink("usr/up", "../usr/bin"),
         TarMaker().file("bin/a", "a").file("absolute/b", "b").file("usr/up/c", "c"),
         TarMaker().file("bin/.wh.a", "")});
  EXPECT_EQ(listing(), "absolute bin usr/ usr/bin/ usr/bin/b usr/bin/c usr/up");
  EXPECT_EQ(at("bin"), "-> usr/bin");
}

TEST_F(AnImage, MakesTheFolderThatALinkLeadsTo) {
  merge({TarMaker().symbolicLink("data", "var/data"), TarMaker().file("data/x", "x")});
  EXPECT_EQ(listing(), "data var/ var/data/ var/data/x");
}

TEST_F(AnImage, HasLinksThatAreRelativeAndStayInside) {
  merge({TarMaker()
             .folder("a/b/")
             .symbolicLink("a/b/absolute", "/etc/passwd")
             .symbolicLink("a/b/root", "/")
             .symbolicLink("a/b/up", "../../etc//./passwd")
             .symbolicLink("a/b/top", "../..")
             .symbolicLink("a/b/here", ".")
             .symbolicLink("a/b/inner", "x/../y")
             .symbolicLink("dangling", "nowhere/to/be/found")
             .symbolicLink("through", "a/b")
             .symbolicLink("through/absolute2", "/x")});
  EXPECT_EQ(at("a/b/absolute"), "-> ../../etc/passwd");
  EXPECT_EQ(at("a/b/root"), "-> ../..");
  EXPECT_EQ(at("a/b/up"), "-> ../../etc/passwd");
  EXPECT_EQ(at("a/b/top"), "-> ../..");
  EXPECT_EQ(at("a/b/here"), "-> .");
  EXPECT_EQ(at("a/b/inner"), "-> y");
  EXPECT_EQ(at("dangling"), "-> nowhere/to/be/found");
  EXPECT_EQ(at("a/b/absolute2"), "-> ../../x") << "from where it is, not from how it is reached";
}

TEST_F(AnImage, LeavesOutDevicesAndPipes) {
  const auto info = unpack({TarMaker()
                                .special("dev/null", '3')
                                .special("dev/sda", '4')
                                .special("run/pipe", '6')
                                .file("a", "1")});
  ASSERT_TRUE(info.has_value()) << info.error().message;
  EXPECT_EQ(info->skipped, 3U);
  EXPECT_EQ(listing(), "a");
}

TEST_F(AnImage, TakesLongNamesAndAnyBytesInThem) {
  const std::string part(200, 'n');
  const std::string longName = part + '/' + part + '/' + part;
  merge({TarMaker()
             .file(longName, "gnu")
             .pax("path", longName + "x")
             .file("short", "pax")
             .pax("path", "gr\u00fc\u00dfe")
             .file("short", "utf-8")
             .file("latin\xFC", "latin")
             .pax("path", "pax\xFF")
             .file("short", "invalid")
             .file("new\nline", "line")});
  EXPECT_EQ(at(longName), "gnu");
  EXPECT_EQ(at(longName + "x"), "pax");
  EXPECT_EQ(at("gr\u00fc\u00dfe"), "utf-8");
  EXPECT_EQ(at("latin\xFC"), "latin");
  EXPECT_EQ(at("pax\xFF"), "invalid");
  EXPECT_EQ(at("new\nline"), "line");
}

TEST_F(AnImage, TakesSparseFilesWithTheirHoles) {
  // Of 100,000 bytes, 3 each at 4,096 and at the end (GNU's format 1.0, as tar --sparse has it).
  std::string content = "2\n4096\n3\n99997\n3\n";
  content.resize(512);
  merge({TarMaker()
             .pax("GNU.sparse.major", "1")
             .pax("GNU.sparse.minor", "0")
             .pax("GNU.sparse.name", "sparse")
             .pax("GNU.sparse.realsize", "100000")
             .file("GNUSparseFile.0/sparse", content + "onetwo")
             .file("after", "y")});
  std::string whole(100'000, '\0');
  whole.replace(4096, 3, "one").replace(99'997, 3, "two");
  EXPECT_EQ(listing(), "after sparse");
  EXPECT_TRUE(at("sparse") == whole);
  EXPECT_EQ(at("after"), "y");
}

TEST_F(AnImage, MayHaveNoLayersAndNoEntries) {
  merge({});
  EXPECT_EQ(listing(), "");
  collect({});
  merge({TarMaker(), TarMaker()});
  EXPECT_EQ(listing(), "");
}

TEST_F(AnImage, MayLackTheBlocksAtItsEnd) {
  const auto info = unpackBytes(gzip(TarMaker().file("a", "1").withoutEnd()));
  ASSERT_TRUE(info.has_value()) << info.error().message;
  EXPECT_EQ(at("a"), "1");
}

TEST_F(AnImage, SaysWhichLayerIsMissingOrUnknown) {
  const auto good = layer(gzip(TarMaker().file("a", "1").tar()));
  const std::string missing = "sha256:" + std::string(64, '0');
  const std::vector<ImageLayer> without{good, {missing, kGzip}};
  const auto gone = unpackImage(*store_, without, {}, kName);
  ASSERT_TRUE(gone.has_error());
  EXPECT_EQ(gone.error().kind, ImageError::Kind::blob);
  EXPECT_THAT(gone.error().message, AllOf(HasSubstr("layer 2 of 2"), HasSubstr(missing)));
  EXPECT_TRUE(nothingIsLeft());

  for (const char* type : {"application/wasm", "", "application/vnd.oci.image.layer.v1.tar+xz",
                           "application/vnd.oci.image.layer.v1.tar+encrypted"}) {
    const std::vector<ImageLayer> odd{{good.digest, type}};
    const auto unknown = unpackImage(*store_, odd, {}, kName);
    ASSERT_TRUE(unknown.has_error()) << type;
    EXPECT_EQ(unknown.error().kind, ImageError::Kind::mediaType) << type;
  }
}

}  // namespace
}  // namespace skiff
