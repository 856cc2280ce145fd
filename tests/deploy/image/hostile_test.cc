#include "tests/deploy/image/image_fixture.h"

namespace skiff {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using testing::gzip;
using ::testing::HasSubstr;
using testing::TarMaker;
using testing::zstd;
using Kind = ImageError::Kind;

/// An image that must be refused, and what its error says.
struct HostileImage {
  const char* name;
  std::vector<TarMaker> layers;
  Kind kind;
  std::string says;
};

void PrintTo(const HostileImage& image, std::ostream* stream) {
  *stream << image.name;
}

/// In a block of its own, before the content.
std::string sparseMap(std::string map) {
  map.resize(512);
  return map;
}

std::string deep(std::size_t depth) {
  std::string path;
  for (std::size_t i = 0; i < depth; ++i) path += "d/";
  return path;
}

std::vector<HostileImage> hostileImages() {
  return {
      {"DotDot", {TarMaker().file("../evil", "x")}, Kind::traversal, "\"../evil\" has \"..\""},
      {"DotDotWithin", {TarMaker().file("a/../../evil", "x")}, Kind::traversal, "\"..\""},
      {"DotDotThatComesBack", {TarMaker().file("a/../b", "x")}, Kind::traversal, "\"..\""},
      {"DotDotFolder", {TarMaker().folder("..")}, Kind::traversal, "\"..\""},
      {"DotDotDevice", {TarMaker().special("../null", '3')}, Kind::traversal, "\"..\""},
      {"Absolute", {TarMaker().file("/etc/passwd", "x")}, Kind::traversal, "absolute"},
      {"PaxDotDot",
       {TarMaker().pax("path", "../../evil").file("good", "x")},
       Kind::traversal,
       "\"../../evil\""},
      {"PaxAbsolute",
       {TarMaker().pax("path", "/evil").file("good", "x")},
       Kind::traversal,
       "absolute"},
      {"PaxControlCharacters",
       {TarMaker().pax("path", "../\x1b[2J\n").file("good", "x")},
       Kind::traversal,
       "../\\x1b[2J\\x0a"},
      {"GnuLongDotDot",
       {TarMaker().file("../" + std::string(150, 'x'), "x")},
       Kind::traversal,
       "\"..\""},
      {"WhiteoutOfDotDot",
       {TarMaker(), TarMaker().file("a/.wh...", "")},
       Kind::traversal,
       "whiteout of .."},
      {"WhiteoutOfDot",
       {TarMaker(), TarMaker().file(".wh..", "")},
       Kind::traversal,
       "whiteout of ."},
      {"WhiteoutBelowDotDot",
       {TarMaker(), TarMaker().file("../.wh.x", "")},
       Kind::traversal,
       "layer 2 of 2"},
      {"OpaqueBelowDotDot",
       {TarMaker(), TarMaker().file("../.wh..wh..opq", "")},
       Kind::traversal,
       "\"..\""},
      {"WhiteoutOfNothing", {TarMaker().file("a/.wh.", "")}, Kind::badName, "of nothing"},
      {"WhiteoutAsFolder", {TarMaker().file(".wh.a/b", "")}, Kind::badName, ".wh."},
      {"NoName", {TarMaker().file("", "x")}, Kind::badName, "no name"},
      {"FileAsRoot", {TarMaker().file(".", "x")}, Kind::badName, "root"},
      {"LinkAsRoot", {TarMaker().symbolicLink(".", "a")}, Kind::badName, "root"},
      {"LinkOut",
       {TarMaker().symbolicLink("a", "../outside")},
       Kind::linkOutside,
       "\"../outside\""},
      {"LinkOutFromBelow",
       {TarMaker().symbolicLink("a/b/c", "../../../outside")},
       Kind::linkOutside,
       "out of the image"},
      {"LinkOutAbsolutely",
       {TarMaker().symbolicLink("a/b/c", "/x/../../etc")},
       Kind::linkOutside,
       "out of the image"},
      {"LinkOutFromWhereItReallyIs",
       {TarMaker().folder("x").symbolicLink("a/b/c", "/x").symbolicLink("a/b/c/d", "../../o")},
       Kind::linkOutside,
       "out of the image"},
      {"LinkToNothing", {TarMaker().symbolicLink("a", "")}, Kind::badLink, "nothing"},
      {"LinkCircle",
       {TarMaker().symbolicLink("a", "b").symbolicLink("b", "a").file("a/x", "x")},
       Kind::notFolder,
       "circle"},
      {"LinkToItself",
       {TarMaker().symbolicLink("a", "a"), TarMaker().file("a/x", "x")},
       Kind::notFolder,
       "circle"},
      {"FileAsFolder", {TarMaker().file("a", "x").file("a/b", "x")}, Kind::notFolder, "no folder"},
      {"HardLinkDotDot",
       {TarMaker().hardLink("a", "../outside")},
       Kind::traversal,
       "\"../outside\""},
      {"HardLinkAbsolute", {TarMaker().hardLink("a", "/etc/passwd")}, Kind::traversal, "absolute"},
      {"HardLinkThroughLink",
       {TarMaker().symbolicLink("etc", "/etc"), TarMaker().hardLink("a", "etc/passwd")},
       Kind::badLink,
       "not in the image"},
      {"HardLinkToNothing", {TarMaker().hardLink("a", "b")}, Kind::badLink, "not in the image"},
      {"HardLinkToFolder", {TarMaker().folder("b").hardLink("a", "b")}, Kind::badLink, "no file"},
      {"HardLinkToLink",
       {TarMaker().symbolicLink("b", "c").hardLink("a", "b")},
       Kind::badLink,
       "no file"},
      {"HardLinkToRoot", {TarMaker().hardLink("a", ".")}, Kind::badLink, "not in the image"},
      {"HardLinkInItsOwnPlace",
       {TarMaker().file("a/b", "x").hardLink("a", "a/b")},
       Kind::badLink,
       "takes the place"},
      {"TooDeep", {TarMaker().file(deep(65) + "x", "x")}, Kind::tooDeep, "64"},
      {"FolderTooDeep", {TarMaker().folder(deep(65))}, Kind::tooDeep, ""},
      {"TooDeepByLinks",
       {TarMaker().folder(deep(60)).symbolicLink("l", deep(60)).file("l/" + deep(5) + "x", "x")},
       Kind::tooDeep,
       ""},
      {"LongPart", {TarMaker().file(std::string(256, 'n'), "x")}, Kind::pathTooLong, "255"},
      {"LongPath", {TarMaker().file(std::string(1025, '/') + "n", "x")}, Kind::pathTooLong, "1024"},
      {"LongTarget",
       {TarMaker().symbolicLink("a", std::string(1025, 'n'))},
       Kind::pathTooLong,
       "1024"},
      {"LongHardLink",
       {TarMaker().hardLink("a", std::string(1025, 'n'))},
       Kind::pathTooLong,
       "1024"},
      {"HugeFile",
       {TarMaker().header("a", '0', std::uint64_t{1} << 40)},
       Kind::fileTooLarge,
       "1099511627776"},
      {"HugePaxSize",
       {TarMaker().pax("size", "1125899906842624").file("a", "x")},
       Kind::fileTooLarge,
       "1125899906842624"},
      {"OverflowingPaxSize",
       {TarMaker().pax("size", "9223372036854775807").file("a", "x")},
       Kind::damaged,
       ""},
      {"NegativeSize", {TarMaker().pax("size", "-1").file("a", "x")}, Kind::damaged, ""},
      {"HugeSparseFile",
       {TarMaker()
            .pax("GNU.sparse.major", "1")
            .pax("GNU.sparse.minor", "0")
            .pax("GNU.sparse.realsize", "9223372036854775807")
            .file("a", sparseMap("0\n"))},
       Kind::fileTooLarge,
       "9223372036854775807"},
      {"SparseBeyondItsSize",
       {TarMaker()
            .pax("GNU.sparse.major", "1")
            .pax("GNU.sparse.minor", "0")
            .pax("GNU.sparse.realsize", "100")
            .file("a", sparseMap("1\n4611686018427387904\n3\n") + "end")},
       Kind::damaged,
       "more content than it says"},
      {"HugePaxHeader",
       {TarMaker().header("pax", 'x', std::uint64_t{1} << 33)},
       Kind::damaged,
       "layer 1 of 1"},
      {"HugeLongName",
       {TarMaker().header("././@LongLink", 'L', std::uint64_t{1} << 33)},
       Kind::damaged,
       ""},
      {"TruncatedContent", {TarMaker().header("a", '0', 10'000).bytes("short")}, Kind::damaged, ""},
      {"Garbage", {TarMaker().bytes(std::string(2048, 'g'))}, Kind::damaged, ""},
  };
}

class AHostileImage : public testing::WithImage,
                      public ::testing::WithParamInterface<HostileImage> {};

TEST_P(AHostileImage, IsRefusedAndLeavesNothing) {
  folder_.write("outside", "untouched");
  folder_.write("data/store/outside", "untouched");
  const auto before = std::distance(fs::recursive_directory_iterator(folder_.path()), {});
  const auto info = unpack(GetParam().layers);
  ASSERT_TRUE(info.has_error());
  EXPECT_EQ(info.error().kind, GetParam().kind) << info.error().message;
  EXPECT_THAT(info.error().message, AllOf(HasSubstr("layer "), HasSubstr(GetParam().says)));
  EXPECT_TRUE(nothingIsLeft());
  collect({});
  EXPECT_EQ(std::distance(fs::recursive_directory_iterator(folder_.path()), {}), before);
  EXPECT_EQ(folder_.read("outside"), "untouched");
  EXPECT_EQ(folder_.read("data/store/outside"), "untouched");
}

INSTANTIATE_TEST_SUITE_P(Named, AHostileImage, ::testing::ValuesIn(hostileImages()),
                         [](const auto& each) { return each.param.name; });

class AnImageThatIsBroken : public testing::WithImage {
 protected:
  void expectRefused(std::string_view bytes, Kind kind, std::string_view says = "",
                     const ImageLimits& limits = {}) {
    const auto info = unpackBytes(bytes, limits);
    ASSERT_TRUE(info.has_error());
    EXPECT_EQ(info.error().kind, kind) << info.error().message;
    EXPECT_THAT(info.error().message, HasSubstr(std::string(says)));
    EXPECT_TRUE(nothingIsLeft());
  }
};

TEST_F(AnImageThatIsBroken, IsRefusedWhereverItWasCut) {
  std::string content;
  for (int i = 0; content.size() < 20'000; ++i) content += std::to_string(i * i);
  const std::string tar = TarMaker().file("a", content).tar();
  for (const std::string& whole : {gzip(tar), zstd(tar)}) {
    for (const std::size_t size : {std::size_t{1}, std::size_t{12}, whole.size() / 2}) {
      expectRefused(whole.substr(0, size), Kind::damaged, "layer 1 of 1");
    }
  }
  for (const std::size_t size : {100, 511, 513, 10'000}) {
    expectRefused(tar.substr(0, size), Kind::damaged);
    expectRefused(gzip(tar.substr(0, size)), Kind::damaged);
  }
}

TEST_F(AnImageThatIsBroken, IsRefusedIfItsCompressionIsDamagedOrNested) {
  const std::string tar = TarMaker().file("a", std::string(5000, 'x')).tar();
  std::string flipped = gzip(tar);
  for (std::size_t i = 20; i < flipped.size() - 8; ++i) flipped[i] ^= 0x55;
  expectRefused(flipped, Kind::damaged);
  expectRefused(gzip(gzip(tar)), Kind::damaged, "more than once");
  expectRefused(gzip(zstd(tar)), Kind::damaged, "more than once");
  expectRefused("<html>not found</html>", Kind::damaged);
}

TEST_F(AnImageThatIsBroken, MayNotAskForALargeZstdWindow) {
  const std::string tar = TarMaker().file("a", std::string(300'000, 'x')).tar();
  EXPECT_TRUE(unpackBytes(zstd(tar, 27)).has_value()) << "128 MiB, as zstd --ultra has it";
  collect({});
  expectRefused(zstd(tar, 28), Kind::damaged);
}

TEST_F(AnImageThatIsBroken, MayNotUnpackToManyTimesItsSize) {
  ImageLimits limits;
  limits.ratio = 100;
  std::string bomb = TarMaker().file("a", std::string(40 << 20, '\0')).tar();
  for (const std::string& packed : {gzip(bomb), zstd(bomb)}) {
    ASSERT_LT(packed.size(), 100'000U);
    expectRefused(packed, Kind::ratio, "100 times", limits);
  }
  // What is not content counts too.
  bomb = TarMaker().header("a", '0', 0).tar() + std::string(40 << 20, '\0');
  bomb = TarMaker().file("a", "").withoutEnd();
  for (int i = 0; i < 40'000; ++i) bomb += TarMaker().special("d", '3').withoutEnd();
  expectRefused(gzip(bomb), Kind::ratio, "", limits);
}

TEST_F(AnImageThatIsBroken, MayNotHoldItsHeadersInMemory) {
  // A sparse file's map of millions of pieces: each is kept.
  std::string map = "8000000\n";
  while (map.size() < (6U << 20)) map += "0\n0\n";
  TarMaker maker;
  maker.pax("GNU.sparse.major", "1").pax("GNU.sparse.minor", "0").pax("GNU.sparse.name", "a");
  maker.pax("GNU.sparse.realsize", "10").file("a", map);
  expectRefused(maker.tar(), Kind::damaged, "headers of more than");
}

TEST_F(AnImageThatIsBroken, MeetsTheStoresCap) {
  open(1_MiB);
  const std::string tar =
      TarMaker().file("a", std::string(600'000, 'x')).file("b", std::string(600'000, 'y')).tar();
  expectRefused(gzip(tar), Kind::full, "raise the cap");
}

/// An image at a limit, and the same beyond it.
class ALimitOfImages : public testing::WithImage {
 protected:
  void expectLimit(const ImageLimits& limits, const std::vector<TarMaker>& within,
                   const std::vector<TarMaker>& beyond, Kind kind, std::string_view says) {
    const auto good = unpack(within, limits);
    ASSERT_TRUE(good.has_value()) << good.error().message;
    collect({});
    const auto bad = unpack(beyond, limits);
    ASSERT_TRUE(bad.has_error());
    EXPECT_EQ(bad.error().kind, kind) << bad.error().message;
    EXPECT_THAT(bad.error().message, HasSubstr(std::string(says)));
    EXPECT_TRUE(nothingIsLeft());
  }
  ImageLimits limits_;
};

TEST_F(ALimitOfImages, HoldsForAllFilesTogether) {
  limits_.total = ByteSize(2000);
  const TarMaker first = TarMaker().file("a", std::string(1000, 'x'));
  expectLimit(limits_, {first, TarMaker().file("a", std::string(1000, 'x'))},
              {first, TarMaker().file("a", std::string(1001, 'x'))}, Kind::tooLarge, "2000B");
}

TEST_F(ALimitOfImages, HoldsForOneFile) {
  limits_.file = ByteSize(1000);
  expectLimit(limits_, {TarMaker().file("a", std::string(1000, 'x'))},
              {TarMaker().file("a", std::string(1001, 'x'))}, Kind::fileTooLarge, "1000B");
}

TEST_F(ALimitOfImages, HoldsForAllEntriesTogether) {
  limits_.entries = 3;
  const TarMaker first = TarMaker().file("a", "1").file("b", "2");
  expectLimit(limits_, {first, TarMaker().file("c", "3")}, {first, TarMaker().file("c/d", "3")},
              Kind::tooManyEntries, "more than the 3");
  expectLimit(limits_, {first}, {first, TarMaker().special("c", '3').special("d", '3')},
              Kind::tooManyEntries, "more than the 3");
}

TEST_F(ALimitOfImages, HoldsForLayers) {
  limits_.layers = 2;
  expectLimit(limits_, {TarMaker(), TarMaker()}, {TarMaker(), TarMaker(), TarMaker()},
              Kind::tooManyLayers, "3 layers; at most 2");
}

TEST_F(ALimitOfImages, HoldsForNames) {
  limits_.pathLength = 10;
  expectLimit(limits_, {TarMaker().file("a/bc/defgh", "1").symbolicLink("a", "1234567890")},
              {TarMaker().file("a/bc/defghi", "1")}, Kind::pathTooLong, "at most 10");
}

TEST_F(ALimitOfImages, HoldsForDepth) {
  limits_.depth = 3;
  expectLimit(limits_, {TarMaker().file("a/b/c/file", "1").folder("d/e/f")},
              {TarMaker().file("a/b/c/d/file", "1")}, Kind::tooDeep, "3");
  expectLimit(limits_, {TarMaker()}, {TarMaker().folder("a/b/c/d")}, Kind::tooDeep, "");
}

TEST_F(ALimitOfImages, HoldsForWhatLayersAreBesideTheirFiles) {
  limits_.total = ByteSize(0);
  limits_.entries = 4;
  // Whiteouts are no entries of the tree, and cost time all the same.
  TarMaker many;
  for (int i = 0; i < 100; ++i) many.file(".wh.x", "");
  expectLimit(limits_, {TarMaker().folder("a")}, {many}, Kind::tooLarge, "layer 1 of 1");
}

}  // namespace
}  // namespace skiff
