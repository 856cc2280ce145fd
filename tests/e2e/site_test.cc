#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <fstream>

#include "tests/e2e/daemon.h"

namespace skiff::e2e {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;

constexpr std::string_view kHost = "site.test";
constexpr const char* kModified = "Sun, 06 Nov 1994 08:49:37 GMT";
constexpr time_t kModifiedTime = 784111777;
constexpr const char* kEtag = "\"a-2ebc98a1-0\"";  // size and time of digits.txt

/// As long as it lives, the process can open no more files.
class NoMoreFiles {
 public:
  explicit NoMoreFiles(pid_t process) : process_(process) {
    EXPECT_EQ(::prlimit(process_, RLIMIT_NOFILE, nullptr, &before_), 0);
    const rlimit none{0, before_.rlim_max};
    EXPECT_EQ(::prlimit(process_, RLIMIT_NOFILE, &none, nullptr), 0);
  }
  ~NoMoreFiles() { EXPECT_EQ(::prlimit(process_, RLIMIT_NOFILE, &before_, nullptr), 0); }
  NoMoreFiles(const NoMoreFiles&) = delete;
  NoMoreFiles& operator=(const NoMoreFiles&) = delete;

 private:
  pid_t process_;
  rlimit before_{};
};

/// Leaves a socket's name in the file system.
void bindSocket(const std::filesystem::path& file) {
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  ASSERT_LT(file.native().size(), sizeof address.sun_path);
  file.native().copy(address.sun_path, file.native().size());
  const int bound = ::socket(AF_UNIX, SOCK_STREAM, 0);
  ASSERT_EQ(::bind(bound, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  ::close(bound);
}

/// A site with everything that a server could get wrong, and a daemon that serves it.
class ASite : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new TemporaryFolder();
    put("secret", "outside of the site");
    put("site/index.html", "<h1>home</h1>");
    put("site/digits.txt", "0123456789");
    put("site/empty.css", "");
    put("site/PICTURE.SVG", "<svg/>");
    put("site/no extension", "bytes");
    put("site/deep/er/index.html", "deeper");
    put("site/bare/file.js", "1;");
    put("site/ümlaut/index.html", "umlaut");
    put("site/.env", "PASSWORD=1");
    put("site/.git/config", "[core]");
    put("site/page.html", "plain page");
    put("site/page.html.gz", "compressed page");
    put("site/stale.html", "newer");
    put("site/stale.html.gz", "older", kModifiedTime - 1);
    std::filesystem::create_directories(*folder_ / "site/strange/index.html");
    std::filesystem::create_symlink("digits.txt", *folder_ / "site/inner-link.txt");
    std::filesystem::create_symlink("../secret", *folder_ / "site/outer-link");
    std::filesystem::create_symlink("/etc/passwd", *folder_ / "site/absolute-link");
    ASSERT_EQ(::mkfifo((*folder_ / "site/fifo").c_str(), 0600), 0);
    bindSocket(*folder_ / "site/socket");
    std::filesystem::create_symlink("loop", *folder_ / "site/loop");
    put("site/sealed.txt", "nobody may read this");
    std::filesystem::permissions(*folder_ / "site/sealed.txt", std::filesystem::perms::none);
    ConfigText config;
    config.server = "shards = 1\n";
    config.sandbox = "mode = \"auto\"";
    config.apps = {{"site",
                    "static_files",
                    "dirs = [{ host = \"" + (*folder_ / "site").string() +
                        "\", guest = \"/\" }]\nconfig = \"max-age=60\"\nmax_instances = 1\n",
                    {}}};
    daemon_ = new Daemon(config);
  }
  static void TearDownTestSuite() {
    delete daemon_;
    delete folder_;
    daemon_ = nullptr;
    folder_ = nullptr;
  }

  static void put(const std::string& name, std::string_view text, time_t time = kModifiedTime) {
    const std::filesystem::path file = *folder_ / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << text;
    const timespec times[] = {{time, 0}, {time, 0}};
    ASSERT_EQ(::utimensat(AT_FDCWD, file.c_str(), times, 0), 0);
  }
  static Response get(std::string_view target, std::string_view fields = {}) {
    return daemon_->connect().ask(request("GET", kHost, target, {}, fields));
  }

  static inline TemporaryFolder* folder_ = nullptr;
  static inline Daemon* daemon_ = nullptr;
};

TEST_F(ASite, IsServedWithContentTypesByName) {
  const struct {
    const char *target, *type, *body;
  } kCases[] = {
      {"/", "text/html; charset=utf-8", "<h1>home</h1>"},
      {"/index.html?query", "text/html; charset=utf-8", "<h1>home</h1>"},
      {"/digits.txt", "text/plain; charset=utf-8", "0123456789"},
      {"/empty.css", "text/css; charset=utf-8", ""},
      {"/PICTURE.SVG", "image/svg+xml", "<svg/>"},
      {"/no%20extension", "application/octet-stream", "bytes"},
      {"/deep/er/", "text/html; charset=utf-8", "deeper"},
      {"//deep///er/", "text/html; charset=utf-8", "deeper"},
      {"/%64igits.txt", "text/plain; charset=utf-8", "0123456789"},
      {"/%C3%BCmlaut/", "text/html; charset=utf-8", "umlaut"},
      {"/inner-link.txt", "text/plain; charset=utf-8", "0123456789"},
      {"/page.html.gz", "application/gzip", "compressed page"},
  };
  for (const auto& file : kCases) {
    SCOPED_TRACE(file.target);
    const Response response = get(file.target);
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.field("content-type"), file.type);
    EXPECT_EQ(response.body, file.body);
    EXPECT_EQ(response.field("content-length"), std::to_string(response.body.size()));
    EXPECT_EQ(response.field("last-modified"), kModified);
    EXPECT_EQ(response.field("cache-control"), "max-age=60");
    EXPECT_EQ(response.field("x-content-type-options"), "nosniff");
  }
}

TEST_F(ASite, ShowsNothingElse) {
  for (const char* target : {"/nothing",
                             "/digits.txt/",
                             "/digits.txt/index.html",
                             "/.env",
                             "/.git/config",
                             "/%2eenv",
                             "/deep/.",
                             "/..",
                             "/../secret",
                             "/%2e%2e/secret",
                             "/deep/../../secret",
                             "/..%2fsecret",
                             "/%2e%2e%2fsecret",
                             "/..%5csecret",

                             "/outer-link",
                             "/absolute-link",
                             "/bare/",
                             "/strange/",
                             "/fifo",
                             "/socket",
                             "/loop",
                             "/%ff%fe",
                             "/digits.txt%00",
                             "/digits.txt%",
                             "/digits.txt%2",
                             "/digits%zz",
                             "/%0d%0aSet-Cookie:x=y",
                             "//etc/passwd",
                             "/%2fetc/passwd"}) {
    SCOPED_TRACE(target);
    const Response response = get(target);
    // What two servers could read differently does not even reach it.
    EXPECT_THAT(response.status, AnyOf(400, 404));
    EXPECT_THAT(response.body,
                HasSubstr(response.status == 404 ? "404 Not Found" : R"("reason":"bad_request")"));
    EXPECT_EQ(response.field("etag"), "");
    EXPECT_EQ(response.field("set-cookie"), "");
  }
  EXPECT_EQ(get("/" + std::string(3000, 'a')).status, 414);
  EXPECT_EQ(get("/" + std::string(1100, 'a')).status, 404);
  EXPECT_EQ(get("/" + std::string(300, 'a')).status, 404);  // longer than a name may be
  // Nor may the superuser, whose privileges a confined daemon has given up.
  EXPECT_EQ(get("/sealed.txt").status, 404);
}

TEST_F(ASite, DoesNotDenyWhatItCannotOpenNow) {
  Client client = daemon_->connect();
  const auto ask = [&](const char* target) { return client.ask(request("GET", kHost, target)); };
  ASSERT_EQ(ask("/digits.txt").status, 200);
  {
    const NoMoreFiles shortage(daemon_->process().id());
    for (const char* target : {"/digits.txt", "/", "/deep/er", "/nothing"}) {
      SCOPED_TRACE(target);
      const Response response = ask(target);
      EXPECT_EQ(response.status, 503);
      EXPECT_EQ(response.field("retry-after"), "1");
      EXPECT_EQ(response.field("cache-control"), "no-store");
      EXPECT_THAT(response.body, HasSubstr("503 Service Unavailable"));
    }
  }
  EXPECT_EQ(ask("/digits.txt").body, "0123456789");
  EXPECT_EQ(ask("/nothing").status, 404);
}

TEST_F(ASite, SendsWhoForgetsAFoldersSlashToTheFolder) {
  const struct {
    const char *target, *location;
  } kCases[] = {
      {"/deep/er", "/deep/er/"},
      {"/deep/er?a=b&c", "/deep/er/?a=b&c"},
      {"//deep//er", "/deep/er/"},  // never "//host"
      {"/%C3%BCmlaut", "/%C3%BCmlaut/"},
      {"/deep%2Fer", "/deep/er/"},
      {"/bare", "/bare/"},
  };
  for (const auto& folder : kCases) {
    SCOPED_TRACE(folder.target);
    const Response response = get(folder.target);
    EXPECT_EQ(response.status, 301);
    EXPECT_EQ(response.field("location"), folder.location);
  }
}

TEST_F(ASite, AnswersConditionalRequests) {
  const struct {
    std::string fields;
    int status;
  } kCases[] = {
      {std::string("If-None-Match: ") + kEtag, 304},
      {std::string("If-None-Match: \"other\", W/") + kEtag, 304},
      {"If-None-Match: *", 304},
      {"If-None-Match: \"other\"", 200},
      {"If-None-Match: nonsense", 200},
      // The tag counts and not the date, where both are given.
      {std::string("If-None-Match: \"other\"\r\nIf-Modified-Since: ") + kModified, 200},
      {std::string("If-Modified-Since: ") + kModified, 304},
      {"If-Modified-Since: Sun, 06 Nov 1994 08:49:38 GMT", 304},
      {"If-Modified-Since: Sun, 06 Nov 1994 08:49:36 GMT", 200},
      {"If-Modified-Since: Thu, 29 Feb 2024 00:00:00 GMT", 304},
      {"If-Modified-Since: yesterday", 200},
      {std::string("If-Match: ") + kEtag, 200},
      {std::string("If-Match: W/") + kEtag, 412},
      {"If-Match: \"other\"", 412},
      {std::string("If-Unmodified-Since: ") + kModified, 200},
      {"If-Unmodified-Since: Sun, 06 Nov 1994 08:49:36 GMT", 412},
  };
  for (const auto& condition : kCases) {
    SCOPED_TRACE(condition.fields);
    const Response response = get("/digits.txt", condition.fields + "\r\n");
    EXPECT_EQ(response.status, condition.status);
    if (condition.status == 412) continue;
    EXPECT_EQ(response.field("etag"), kEtag);
    EXPECT_EQ(response.field("last-modified"), kModified);
    EXPECT_EQ(response.field("vary"), "Accept-Encoding");
    EXPECT_EQ(response.body, condition.status == 200 ? "0123456789" : "");
  }
}

TEST_F(ASite, AnswersSingleRanges) {
  const struct {
    const char* range;
    int status;
    const char *contentRange, *body;
  } kCases[] = {
      {"bytes=0-3", 206, "bytes 0-3/10", "0123"},
      {"bytes=3-", 206, "bytes 3-9/10", "3456789"},
      {"bytes=9-9", 206, "bytes 9-9/10", "9"},
      {"bytes=4-400", 206, "bytes 4-9/10", "456789"},
      {"bytes=-3", 206, "bytes 7-9/10", "789"},
      {"bytes=-300", 206, "bytes 0-9/10", "0123456789"},
      {"BYTES=0-0", 206, "bytes 0-0/10", "0"},
      {"bytes=10-", 416, "bytes */10", nullptr},
      {"bytes=-0", 416, "bytes */10", nullptr},
      {"bytes=99999999999999999999999-", 416, "bytes */10", nullptr},
      {"bytes=0-99999999999999999999999", 206, "bytes 0-9/10", "0123456789"},
      {"bytes=5-3", 200, "", "0123456789"},
      {"bytes=0-1,3-4", 200, "", "0123456789"},
      {"bytes=-", 200, "", "0123456789"},
      {"bytes=a-b", 200, "", "0123456789"},
      {"lines=0-1", 200, "", "0123456789"},
  };
  for (const auto& part : kCases) {
    SCOPED_TRACE(part.range);
    const Response response = get("/digits.txt", std::string("Range: ") + part.range + "\r\n");
    EXPECT_EQ(response.status, part.status);
    EXPECT_EQ(response.field("content-range"), part.contentRange);
    if (part.body) {
      EXPECT_EQ(response.body, part.body);
    }
  }
  EXPECT_EQ(get("/empty.css", "Range: bytes=0-0\r\n").status, 416);
}

TEST_F(ASite, AnswersARangeOnlyOfTheVersionThatIfRangeNames) {
  const struct {
    std::string ifRange;
    int status;
  } kCases[] = {
      {kEtag, 206},
      {kModified, 206},
      {std::string("W/") + kEtag, 200},
      {"\"other\"", 200},
      {"Sun, 06 Nov 1994 08:49:38 GMT", 200},
      {"nonsense", 200},
  };
  for (const auto& version : kCases) {
    SCOPED_TRACE(version.ifRange);
    const Response response =
        get("/digits.txt", "Range: bytes=2-3\r\nIf-Range: " + version.ifRange + "\r\n");
    EXPECT_EQ(response.status, version.status);
    EXPECT_EQ(response.body, version.status == 206 ? "23" : "0123456789");
  }
}

TEST_F(ASite, SendsTheCompressedTwinToWhoTakesIt) {
  const struct {
    const char *target, *accepted, *encoding, *body;
  } kCases[] = {
      {"/page.html", "gzip", "gzip", "compressed page"},
      {"/page.html", "br, gzip;q=0.5", "gzip", "compressed page"},
      {"/page.html", "*", "gzip", "compressed page"},
      {"/page.html", "gzip;q=0", "", "plain page"},
      {"/page.html", "gzip;q=0.000, *", "", "plain page"},
      {"/page.html", "gzip ; q=0", "", "plain page"},
      {"/page.html", "br", "", "plain page"},
      {"/page.html", "identity", "", "plain page"},
      {"/stale.html", "gzip", "", "newer"},
      {"/digits.txt", "gzip", "", "0123456789"},
  };
  for (const auto& page : kCases) {
    SCOPED_TRACE(std::string(page.target) + ", " + page.accepted);
    const Response response =
        get(page.target, std::string("Accept-Encoding: ") + page.accepted + "\r\n");
    EXPECT_EQ(response.field("content-encoding"), page.encoding);
    EXPECT_EQ(response.field("content-type").substr(0, 5), "text/");
    EXPECT_EQ(response.field("vary"), "Accept-Encoding");
    EXPECT_EQ(response.body, page.body);
  }
  EXPECT_NE(get("/page.html", "Accept-Encoding: gzip\r\n").field("etag"),
            get("/page.html").field("etag"));
}

TEST_F(ASite, AnswersHeadLikeGetWithoutTheBody) {
  Client client = daemon_->connect();
  client.send(request("HEAD", kHost, "/digits.txt", {}, "Range: bytes=0-1\r\n"));
  const Response head = client.receive(Answers::toHead);
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.field("content-length"), "10");
  EXPECT_EQ(head.field("etag"), kEtag);
  client.send(request("HEAD", kHost, "/nothing"));
  EXPECT_EQ(client.receive(Answers::toHead).status, 404);
  EXPECT_EQ(client.ask(request("GET", kHost, "/digits.txt")).body, "0123456789");
}

TEST_F(ASite, AllowsNoOtherMethods) {
  for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS", "GETS"}) {
    SCOPED_TRACE(method);
    const Response response = daemon_->connect().ask(request(method, kHost, "/", "body"));
    if (std::string_view(method) == "GETS" && response.status == 501) continue;
    EXPECT_EQ(response.status, 405);
    EXPECT_EQ(response.field("allow"), "GET, HEAD");
  }
}

TEST_F(ASite, StreamsFilesLargerThanAnInstance) {
  std::string large;
  for (int i = 0; i < 3'000'000; ++i) large.append("line ").append(std::to_string(i % 10)) += '\n';
  put("site/large.bin", large);
  EXPECT_TRUE(get("/large.bin").body == large);
  EXPECT_TRUE(get("/large.bin", "Range: bytes=1000001-16000000\r\n").body ==
              large.substr(1'000'001, 15'000'000));
  // Neither its memory grew nor was it dropped: the one instance has served this whole suite.
  EXPECT_EQ(get("/digits.txt").body, "0123456789");
}

TEST_F(ASite, MayHaveAPageOfItsOwnForWhatIsMissing) {
  put("site/404.html", "<p>lost?");
  const Response response = get("/nothing");
  std::filesystem::remove(*folder_ / "site/404.html");
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(response.body, "<p>lost?");
  EXPECT_EQ(response.field("content-type"), "text/html; charset=utf-8");
}

}  // namespace
}  // namespace skiff::e2e
