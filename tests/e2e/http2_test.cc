#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "tests/e2e/daemon.h"
#include "tests/server/tls/test_certificate.h"

namespace skiff::e2e {
namespace {

using skiff::testing::TestCertificate;
using ::testing::HasSubstr;
using ::testing::StartsWith;

/// A daemon that is asked by programs that others have written: curl and h2load.
class Http2Daemon : public ::testing::Test {
 protected:
  void SetUp() override {
    TestCertificate::make({"test", "DNS:hello.test"}).write(folder_ / "", "test");
    config_.server = "listen_tls = [\"127.0.0.1:0\"]\nhttp2_cleartext = true\nshards = 1\n";
    config_.apps = {
        {"hello", "hello_wat", {}, {}}, {"cgi", "cgi", {}, {}}, {"echo", "echo", {}, {}}};
    const std::string path = (folder_ / "test").string();
    daemon_.emplace(config_.text() + "[[certificate]]\ncertificate = \"" + path +
                    ".pem\"\nkey = \"" + path + ".key\"\n");
    port_ = std::to_string(daemon_->tlsPort());
  }

  static std::string run(const std::string& program, const std::vector<std::string>& arguments) {
    Process process(program, arguments);
    const auto ending = process.wait();
    if (!ending) return "did not end";
    return process.text(Process::Stream::output) + process.text(Process::Stream::error);
  }
  /// The body, then the version of HTTP and the status.
  std::string curl(const std::string& host, const std::string& path,
                   std::vector<std::string> more = {}) {
    std::vector<std::string> arguments{"-sk",
                                       "--http2",
                                       "--max-time",
                                       "30",
                                       "--connect-to",
                                       host + ":443:127.0.0.1:" + port_,
                                       "-w",
                                       "\n%{http_version} %{http_code}\n",
                                       "https://" + host + path};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run("/usr/bin/curl", arguments);
  }

  TemporaryFolder folder_;
  ConfigText config_;
  std::optional<Daemon> daemon_;
  std::string port_;
};

TEST_F(Http2Daemon, AnswersCurl) {
  const std::string answer = curl("hello.test", "/");
  EXPECT_THAT(answer, HasSubstr("Hello from wasm"));
  EXPECT_THAT(answer, HasSubstr("\n2 200\n"));
  EXPECT_THAT(curl("nobody.test", "/"), HasSubstr("\n2 404\n"));
  EXPECT_THAT(curl("hello.test", "/", {"--http1.1"}), HasSubstr("\n1.1 200\n"));
}

TEST_F(Http2Daemon, TellsProgramsAndTheLogWhichVersionWasSpoken) {
  const std::string answer = curl("cgi.test", "/path?query");
  EXPECT_THAT(answer, HasSubstr("SERVER_PROTOCOL=HTTP/2.0"));
  EXPECT_THAT(answer, HasSubstr("HTTPS=on"));
  EXPECT_THAT(answer, HasSubstr("HTTP_HOST=cgi.test"));
  EXPECT_EQ(daemon_->accessLine("\"path\":\"/path?query\"").value("protocol"), "HTTP/2.0");
  EXPECT_EQ(daemon_->metrics().sum("skiff_http_requests_total", {{"protocol", "HTTP/2.0"}}), 1);
}

TEST_F(Http2Daemon, EchoesLargeBodies) {
  std::string body;
  for (int i = 0; body.size() < (2 << 20); ++i) body += std::to_string(i) + " ";
  const std::string file = (folder_ / "body").string();
  std::ofstream(file) << body;
  const std::string answer = curl("echo.test", "/", {"--data-binary", "@" + file, "-H", "Expect:"});
  EXPECT_THAT(answer, HasSubstr("\n2 200\n"));
  EXPECT_EQ(answer.substr(0, answer.rfind("\n2 200\n")), body);
}

TEST_F(Http2Daemon, ServesManyStreamsOfManyConnections) {
  const std::string report =
      run("/usr/bin/h2load", {"-n", "5000", "-c", "4", "-m", "64", "-H", ":authority: hello.test",
                              "https://127.0.0.1:" + port_ + "/"});
  EXPECT_THAT(report, HasSubstr("5000 succeeded, 0 failed, 0 errored, 0 timeout"));
  EXPECT_THAT(report, HasSubstr("Application protocol: h2"));
}

TEST_F(Http2Daemon, SpeaksItWithoutTlsToClientsThatKnow) {
  const std::string url = "http://127.0.0.1:" + std::to_string(daemon_->port()) + "/";
  const std::string answer =
      run("/usr/bin/curl", {"-s", "--http2-prior-knowledge", "--max-time", "30", "-H",
                            "Host: hello.test", "-w", "\n%{http_version} %{http_code}\n", url});
  EXPECT_THAT(answer, HasSubstr("Hello from wasm"));
  EXPECT_THAT(answer, HasSubstr("\n2 200\n"));
}

TEST_F(Http2Daemon, FinishesWhatItHasBegunWhenItDrains) {
  const std::vector<std::string> arguments{"-n",
                                           "20000",
                                           "-c",
                                           "2",
                                           "-m",
                                           "16",
                                           "-H",
                                           ":authority: hello.test",
                                           "https://127.0.0.1:" + port_ + "/"};
  Process load("/usr/bin/h2load", arguments);
  ASSERT_TRUE(eventually([&] {
    return daemon_->metrics().sum("skiff_http_requests_total", {{"protocol", "HTTP/2.0"}}) > 100;
  }));
  daemon_->process().signal(SIGTERM);
  EXPECT_EQ(daemon_->process().wait(), (Ending{0, 0}));
  ASSERT_TRUE(load.wait());
  // Requests beyond those that the last GOAWAY names were not begun; none of the others failed.
  EXPECT_THAT(load.text(Process::Stream::output), HasSubstr(" 0 timeout"));
}

}  // namespace
}  // namespace skiff::e2e
