// One process takes another one's place while clients speak TLS: nobody who asks notices.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <optional>

#include "tests/e2e/askers.h"
#include "tests/e2e/daemon.h"
#include "tests/e2e/http2_requests.h"
#include "tests/server/tls/test_certificate.h"

namespace skiff::e2e {
namespace {

using skiff::testing::TestCertificate;
using skiff::testing::TlsClient;

constexpr std::string_view kHello = "Hello from wasm";
constexpr const char* kHost = "hello.test";

/// SKIFF_E2E_LARGE=1 asks for 100.
int rounds() {
  return std::getenv("SKIFF_E2E_LARGE") != nullptr ? 100 : 4;
}

void expectHello(const std::string& answer) {
  if (!answer.starts_with("HTTP/1.1 200 ") || !answer.ends_with(kHello)) {
    throw std::runtime_error("HTTP/1.1: \"" + answer + "\"");
  }
}

/// HTTP/1.1 on a connection that is kept until the server says that it ends.
class KeptTls {
 public:
  explicit KeptTls(std::uint16_t port) : port_(port) {}
  void ask() {
    if (!client_) client_ = std::make_unique<TlsClient>(port_, TlsClient::Options{.host = kHost});
    const std::string answer = client_->ask(request("GET", kHost, "/"));
    if (!answer.starts_with("HTTP/1.1 200 ") ||
        answer.find("Connection: close") != std::string::npos) {
      client_.reset();
    }
    expectHello(answer);
  }

 private:
  std::uint16_t port_;
  std::unique_ptr<TlsClient> client_;
};

/// HTTP/2, several requests at a time; those that the server did not begin are asked again.
class CheckedHttp2 {
 public:
  explicit CheckedHttp2(std::uint16_t port) : kept_(port, kHost) {}
  void ask(std::size_t streams) {
    for (const Http2Outcome& outcome :
         kept_.ask(std::vector<Http2Request>(streams, Http2Request{.host = kHost}))) {
      if (outcome.kind == Http2Outcome::Kind::notBegun) {
        throw std::runtime_error("HTTP/2: not begun, ten times");
      }
      if (outcome.kind != Http2Outcome::Kind::answered || outcome.status != 200 ||
          outcome.body != kHello) {
        const std::string why = "HTTP/2: error " + std::to_string(outcome.error) + ", status " +
                                std::to_string(outcome.status) + " \"" + outcome.body + "\", " +
                                kept_.failure();
        kept_.drop();
        throw std::runtime_error(why);
      }
      ++answered_;
    }
  }
  std::size_t answered() const { return answered_; }
  std::size_t askedAgain() const { return kept_.askedAgain(); }

 private:
  KeptHttp2Requests kept_;
  std::size_t answered_ = 0;
};

TEST(ARestart, UnderLoadOverTlsLosesNoRequestOfEitherVersionOfHttp) {
  TemporaryFolder folder;
  const CertificateConfig files =
      TestCertificate::make({"hello", "DNS:hello.test"}).write(folder / "", "hello");
  ConfigText config;
  config.server = "access_log = \"off\"\nlisten_tls = [\"127.0.0.1:0\"]\n";
  config.apps = {{"hello", "hello_wat", {}, {}}};
  Daemon daemon(config.text() + "[[certificate]]\ncertificate = \"" + files.certificate.string() +
                "\"\nkey = \"" + files.key.string() + "\"\n");
  const std::uint16_t port = daemon.tlsPort();

  std::vector<std::unique_ptr<KeptTls>> kept;
  std::vector<std::unique_ptr<CheckedHttp2>> multiplexed;
  Askers askers;  // they use the others
  for (int i = 0; i < 2; ++i) {
    askers.start(std::chrono::milliseconds(8), [port] {
      expectHello(TlsClient(port, {.host = kHost}).ask(request("GET", kHost, "/")));
    });
  }
  for (const int pause : {1, 5, 40, 300}) {
    kept.push_back(std::make_unique<KeptTls>(port));
    askers.start(std::chrono::milliseconds(pause), [one = kept.back().get()] { one->ask(); });
  }
  for (const int pause : {1, 5, 40, 300}) {
    multiplexed.push_back(std::make_unique<CheckedHttp2>(port));
    askers.start(std::chrono::milliseconds(pause),
                 [one = multiplexed.back().get()] { one->ask(16); });
  }

  int done = 0;
  for (; done < rounds() && !::testing::Test::HasFailure(); ++done) {
    EXPECT_EQ(daemon.handOver(), (Ending{0, 0})) << "restart " << done;
  }
  const std::vector<std::string> failures = askers.finish();
  EXPECT_THAT(failures, ::testing::IsEmpty());
  std::size_t answered = 0;
  std::size_t askedAgain = 0;
  for (const auto& one : multiplexed) {
    answered += one->answered();
    askedAgain += one->askedAgain();
  }
  EXPECT_GT(answered, 100u * static_cast<unsigned>(done));
  std::printf(
      "%d restarts: %zu answers of HTTP/2, %zu requests not begun and asked again; %zu "
      "turns of all clients; %zu failures\n",
      done, answered, askedAgain, askers.asked(), failures.size());
  EXPECT_EQ(daemon.terminate(), (Ending{0, 0}));
}

}  // namespace
}  // namespace skiff::e2e
