#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "tests/e2e/daemon.h"

namespace skiff::e2e {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

void replaceAll(std::string& text, const std::string& what, const std::string& by) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at)) {
    text.replace(at, what.size(), by);
    at += by.size();
  }
}

/// The example configuration on free ports, its `origin` at `port`, for another folder than its
/// own.
std::string exampleConfig(const std::string& guests, std::uint16_t port) {
  std::string text = readText(SKIFF_EXAMPLES "/skiff.toml");
  replaceAll(text, "files = \"", "files = \"" SKIFF_EXAMPLES "/");
  replaceAll(text, "../build/release/guests", guests);
  replaceAll(text, "http://127.0.0.1:8080", "http://127.0.0.1:" + std::to_string(port));
  replaceAll(text, "\"127.0.0.1:8080\"", "\"127.0.0.1:0\"");
  replaceAll(text, "\"127.0.0.1:9090\"", "\"127.0.0.1:0\"");
  return text;
}

/// The commands behind "# Try: ".
std::vector<std::string> commands() {
  std::vector<std::string> found;
  constexpr std::string_view kMark = "# Try: ";
  for (const std::string& line : readLines(SKIFF_EXAMPLES "/skiff.toml")) {
    if (line.starts_with(kMark)) found.push_back(line.substr(kMark.size()));
  }
  return found;
}

TEST(TheExampleConfiguration, AnswersTheRequestsThatItTellsToTry) {
  const std::string guests = std::filesystem::path(guestFile("hello")).parent_path();
  Daemon daemon(exampleConfig(guests, 1));
  // Its own port is known only now.
  daemon.reload(exampleConfig(guests, daemon.port()));
  ASSERT_TRUE(eventually([&] { return daemon.get("front.localhost").status == 200; }));

  const std::vector<std::string> tried = commands();
  ASSERT_EQ(tried.size(), 12u);
  const std::vector<::testing::Matcher<std::string>> answers{
      "Hello from acme, you asked for /world\n",
      "every byte comes back while more arrive",
      AllOf(HasSubstr("HTTP/1.1 301 Moved Permanently\r\n"), HasSubstr("location: /about/\r\n")),
      StartsWith("\xff\xd8\xff"),
      AllOf(HasSubstr("POST http://cgi.localhost"), HasSubstr("  GREETING=hi\n"),
            HasSubstr("  QUERY_STRING=color=blue\n"),
            EndsWith("\nbody:\nread from standard input\n(24 bytes)\n")),
      "Hello, World!\n",
      AllOf(HasSubstr("HTTP/1.1 200 OK\r\n"), HasSubstr("x-served-through: skiff\r\n"),
            HasSubstr("  HTTP_X_GUEST=skiff-headers\n")),
      HasSubstr("\"result\":26.2187574565"),
      HasSubstr("<a href=\"https://webassembly.org/docs/\""),
      AllOf(HasSubstr("GET http://cgi.localhost"), HasSubstr("  HTTP_X_USER=ada\n"),
            HasSubstr("  HTTP_X_VARIANT=")),
      "356.96 a month\nafter year 1: 8178.26\nafter year 2: 4180.95\nafter year 3: 0.00\n"
      "interest: 850.67\n",
      AllOf(StartsWith("[{\"name\":\"anchor\",\"worth\":75600},\n"),
            EndsWith("{\"name\":\"buoy\",\"worth\":106950}]\n"))};
  for (std::size_t i = 0; i < tried.size(); ++i) {
    SCOPED_TRACE(tried[i]);
    std::string command = tried[i];
    replaceAll(command, ":8080", ":" + std::to_string(daemon.port()));
    replaceAll(command, "@examples", "@" SKIFF_EXAMPLES);
    replaceAll(command, "--output small.jpg", "");
    replaceAll(command, "curl ", "curl --silent --show-error --noproxy '*' --max-time 20 ");
    Process curl("/bin/sh", {"-c", command});
    EXPECT_EQ(curl.wait(), (Ending{0, 0})) << curl.text(Process::Stream::error);
    EXPECT_THAT(curl.text(Process::Stream::output), answers[i]);
  }
}

}  // namespace
}  // namespace skiff::e2e
