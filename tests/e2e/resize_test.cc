#include <gmock/gmock.h>
#include <gtest/gtest.h>

#define STB_IMAGE_IMPLEMENTATION
#define STB_IMAGE_STATIC
#define STBI_NO_STDIO
#include <stb/stb_image.h>
#define STB_IMAGE_WRITE_IMPLEMENTATION
#define STB_IMAGE_WRITE_STATIC
#define STBI_WRITE_NO_STDIO
#include <stb/stb_image_write.h>

#include "tests/e2e/daemon.h"

namespace skiff::e2e {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

/// Pixels of `channels` bytes each.
struct Picture {
  int width = 0, height = 0, channels = 0;
  std::vector<unsigned char> pixels;

  int at(int x, int y, int channel) const {
    return pixels[static_cast<std::size_t>((y * width + x) * channels + channel)];
  }
};

/// Its quarters are red and green, and below them blue and white.
Picture quarters(int width, int height, int channels, unsigned char alpha = 255) {
  Picture picture{width, height, channels, {}};
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const bool right = x >= width / 2, below = y >= height / 2;
      const unsigned char colour[] = {static_cast<unsigned char>(right == below ? 255 : 0),
                                      static_cast<unsigned char>(right ? 255 : 0),
                                      static_cast<unsigned char>(below ? 255 : 0), alpha};
      picture.pixels.insert(picture.pixels.end(), colour, colour + channels);
    }
  }
  return picture;
}

void append(void* text, void* bytes, int size) {
  static_cast<std::string*>(text)->append(static_cast<const char*>(bytes),
                                          static_cast<std::size_t>(size));
}

std::string png(const Picture& picture) {
  std::string text;
  stbi_write_png_to_func(append, &text, picture.width, picture.height, picture.channels,
                         picture.pixels.data(), 0);
  return text;
}

std::string jpeg(const Picture& picture) {
  std::string text;
  stbi_write_jpg_to_func(append, &text, picture.width, picture.height, picture.channels,
                         picture.pixels.data(), 95);
  return text;
}

/// A JPEG as a camera writes it: an EXIF block, in either byte order, gives the orientation.
std::string withOrientation(const std::string& jpeg, char orientation, bool littleEndian) {
  const std::string value(1, orientation), zero(1, '\0');
  const auto number = [&](const std::string& text) {  // of big-endian bytes
    return littleEndian ? std::string(text.rbegin(), text.rend()) : text;
  };
  std::string tiff = littleEndian ? "II" : "MM";
  tiff += number(zero + "\x2a") + number(zero + zero + zero + "\x08");        // header
  tiff += number(zero + "\x02");                                              // two entries
  tiff += number("\x01\x0f") + number(zero + "\x02") + std::string(8, '\0');  // a maker's name
  tiff += number("\x01\x12") + number(zero + "\x03") + number(zero + zero + zero + "\x01");
  tiff += number(zero + value) + zero + zero + std::string(4, '\0');
  const std::string data = "Exif" + zero + zero + tiff;
  const std::string length(1, static_cast<char>(data.size() + 2));
  return jpeg.substr(0, 2) + "\xff\xe1" + zero + length + data + jpeg.substr(2);
}

Picture decode(const std::string& bytes) {
  Picture picture;
  const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
  unsigned char* pixels = stbi_load_from_memory(
      data, static_cast<int>(bytes.size()), &picture.width, &picture.height, &picture.channels, 0);
  if (!pixels) return picture;
  picture.pixels.assign(pixels, pixels + picture.width * picture.height * picture.channels);
  stbi_image_free(pixels);
  return picture;
}

/// The colours of the quarters' middles: "rg/bw".
std::string look(const Picture& picture) {
  std::string text;
  for (const int y : {picture.height / 4, picture.height * 3 / 4}) {
    for (const int x : {picture.width / 4, picture.width * 3 / 4}) {
      const auto is = [&](int c) { return picture.at(x, y, c) > 200; };
      const auto isNot = [&](int c) { return picture.at(x, y, c) < 55; };
      if (is(0) && is(1) && is(2)) text += 'w';
      if (is(0) && isNot(1) && isNot(2)) text += 'r';
      if (isNot(0) && is(1) && isNot(2)) text += 'g';
      if (isNot(0) && isNot(1) && is(2)) text += 'b';
    }
    if (text.find('/') == std::string::npos) text += '/';
  }
  return text;
}

class TheResizer : public ::testing::Test {
 protected:
  static ConfigText config() {
    ConfigText config;
    config.server = "shards = 1\n";
    config.apps = {{"resize", "resize", {}, "cpu_ms = 20000\n"}};
    return config;
  }
  Response post(std::string_view target, const std::string& body, std::string_view fields = {}) {
    return daemon.connect().ask(request("POST", "resize.test", target, body, fields));
  }

  Daemon daemon{config()};
};

TEST_F(TheResizer, FitsAPictureIntoTheBox) {
  const std::string wide = png(quarters(200, 100, 3));
  const struct {
    const char* target;
    int width, height;
  } kCases[] = {
      {"/?w=50", 50, 25},          {"/?h=50", 100, 50}, {"/?w=50&h=50", 50, 25},
      {"/?w=150&h=10", 20, 10},    {"/?w=1&h=1", 1, 1}, {"/?w=1", 1, 1},
      {"/?w=400&h=400", 200, 100}, {"/", 200, 100},     {"/?h=99", 198, 99},
  };
  for (const auto& box : kCases) {
    SCOPED_TRACE(box.target);
    const Response response = post(box.target, wide);
    EXPECT_EQ(response.status, 200);
    const Picture picture = decode(response.body);
    EXPECT_EQ(picture.width, box.width);
    EXPECT_EQ(picture.height, box.height);
    if (box.width >= 20) {
      EXPECT_EQ(look(picture), "rg/bw");
    }
  }
}

TEST_F(TheResizer, AnswersInTheFormatThatIsAskedFor) {
  const std::string asPng = png(quarters(64, 64, 3)), asJpeg = jpeg(quarters(64, 64, 3));
  const struct {
    const char* target;
    const std::string& sent;
    const char *accept, *type, *magic;
  } kCases[] = {
      {"/?w=32", asPng, "", "image/png", "\x89PNG"},
      {"/?w=32", asJpeg, "", "image/jpeg", "\xff\xd8\xff"},
      {"/?w=32&format=jpeg", asPng, "", "image/jpeg", "\xff\xd8\xff"},
      {"/?w=32&format=png", asJpeg, "Accept: image/jpeg\r\n", "image/png", "\x89PNG"},
      {"/?w=32", asPng, "Accept: image/jpeg\r\n", "image/jpeg", "\xff\xd8\xff"},
      {"/?w=32", asJpeg, "Accept: image/png, text/html;q=0.5\r\n", "image/png", "\x89PNG"},
      {"/?w=32", asJpeg, "Accept: image/png, image/jpeg\r\n", "image/jpeg", "\xff\xd8\xff"},
  };
  for (const auto& asked : kCases) {
    SCOPED_TRACE(std::string(asked.target) + " " + asked.accept);
    const Response response = post(asked.target, asked.sent, asked.accept);
    EXPECT_EQ(response.field("content-type"), asked.type);
    EXPECT_EQ(response.field("vary"), "Accept");
    EXPECT_THAT(response.body, StartsWith(asked.magic));
    EXPECT_EQ(look(decode(response.body)), "rg/bw");
  }
  const std::string noisy = jpeg(quarters(333, 333, 3));
  EXPECT_LT(post("/?quality=10", noisy).body.size(), post("/?quality=100", noisy).body.size());
}

TEST_F(TheResizer, KeepsTransparencyInPngAndLaysJpegOnWhite) {
  const std::string clear = png(quarters(64, 64, 4, 0));
  const Picture kept = decode(post("/?w=32", clear).body);
  EXPECT_EQ(kept.channels, 4);
  EXPECT_EQ(kept.at(5, 5, 3), 0);
  EXPECT_EQ(look(decode(post("/?w=32&format=jpeg", clear).body)), "ww/ww");
}

TEST_F(TheResizer, TurnsPhotographsAsTheirOrientationSays) {
  const struct {
    char orientation;
    const char* look;
  } kCases[] = {{1, "rg/bw"}, {2, "gr/wb"}, {3, "wb/gr"}, {4, "bw/rg"}, {5, "rb/gw"},
                {6, "br/wg"}, {7, "wg/br"}, {8, "gw/rb"}, {0, "rg/bw"}, {9, "rg/bw"}};
  const std::string photograph = jpeg(quarters(128, 64, 3));
  for (const auto& taken : kCases) {
    SCOPED_TRACE(static_cast<int>(taken.orientation));
    const bool turned = taken.orientation >= 5 && taken.orientation <= 8;
    for (const bool littleEndian : {false, true}) {
      const Response response =
          post("/?h=32&format=png", withOrientation(photograph, taken.orientation, littleEndian));
      const Picture picture = decode(response.body);
      EXPECT_EQ(look(picture), taken.look);
      EXPECT_EQ(picture.height, 32);
      EXPECT_EQ(picture.width, turned ? 16 : 64);
    }
  }
}

TEST_F(TheResizer, SaysWhatIsWrongWithARequest) {
  const std::string good = png(quarters(8, 8, 3));
  std::string huge = good;  // the head promises 65,535 by 65,535 pixels
  huge.replace(16, 8, std::string("\0\0\xff\xff\0\0\xff\xff", 8));
  std::string crowded = good;  // 8,000 by 8,000: each side may be, their product may not
  crowded.replace(16, 8, std::string("\0\0\x1f\x40\0\0\x1f\x40", 8));
  const std::string kLong = "/?" + std::string(600, 'a');
  const struct {
    const char* name;
    const char* target;
    std::string body;
    int status;
  } kCases[] = {
      {"no body", "/?w=10", "", 415},
      {"text", "/?w=10", "hello", 415},
      {"a cut picture", "/?w=10", good.substr(0, 40), 422},
      {"noise behind the magic", "/?w=10", "\xff\xd8\xff" + std::string(1000, 'x'), 422},
      {"sides too long", "/?w=10", huge, 413},
      {"too many pixels", "/?w=10", crowded, 413},
      {"a body too large", "/?w=10", good + std::string(9'000'000, 'x'), 413},
      {"no width", "/?w=0", good, 400},
      {"a negative width", "/?w=-5", good, 400},
      {"a width too large", "/?w=8193", good, 400},
      {"words for a width", "/?w=wide", good, 400},
      {"a number with more behind", "/?h=10px", good, 400},
      {"a quality beyond all", "/?quality=101", good, 400},
      {"an unknown format", "/?format=gif", good, 400},
      {"a long query", kLong.c_str(), good, 414},
  };
  for (const auto& wrong : kCases) {
    SCOPED_TRACE(wrong.name);
    const Response response = post(wrong.target, wrong.body);
    EXPECT_EQ(response.status, wrong.status);
    EXPECT_EQ(response.field("content-type"), "application/problem+json");
    EXPECT_THAT(response.body, HasSubstr("\"status\":" + std::to_string(wrong.status)));
  }
  const Response got = daemon.get("resize.test");
  EXPECT_EQ(got.status, 405);
  EXPECT_EQ(got.field("allow"), "POST");
}

TEST_F(TheResizer, WorksOnTheLargestPictureWithoutGrowing) {
  const std::string large = jpeg(quarters(4000, 2000, 3));
  const Picture picture = decode(post("/?w=400", large).body);
  EXPECT_EQ(picture.width, 400);
  EXPECT_EQ(look(picture), "rg/bw");
  EXPECT_EQ(post("/?w=10", png(quarters(2000, 4000, 4))).status, 200);
  EXPECT_EQ(daemon.metrics().sum("skiff_instance_resets_total", {{"how", "fresh"}}), 0);
}

}  // namespace
}  // namespace skiff::e2e
