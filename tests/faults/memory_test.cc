// No memory: for one allocation of a shard after the other, for large ones, for mappings, for the
// child that compiles.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <ostream>
#include <utility>

#include "tests/e2e/admin_api.h"
#include "tests/e2e/http2_requests.h"
#include "tests/faults/faults.h"
#include "tests/server/tls/test_certificate.h"
#include "tests/server/tls/tls_client.h"

namespace skiff::faults {
namespace {

using e2e::AdminApi;
using e2e::ApiReply;
using e2e::appPath;
using e2e::Client;
using e2e::ClientError;
using e2e::ConfigText;
using e2e::Daemon;
using e2e::eventually;
using e2e::Process;
using e2e::request;
using e2e::Response;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using testing::TestCertificate;
using testing::TlsClient;

constexpr std::uint64_t kMostAllocations = 2'000;
/// Less than any client or deadline waits here.
constexpr std::chrono::seconds kAtOnce{5};
constexpr std::size_t kMiB = std::size_t{1} << 20;
constexpr std::uint64_t kMostOfTheRest = 5'000'000'000;
constexpr std::uint64_t kLittle = 64 << 10;

class NoMemory : public OneShard {};

/// What a daemon is asked whose shard is short of memory: over each kind of connection, with
/// bodies, and by way of an origin.
class AsManyWays : public ::testing::Test {
 protected:
  AsManyWays() {
    TestCertificate::make({"test", "DNS:web.test"}).write(folder_ / "", "test");
    ConfigText config;
    config.server = "shards = 1\nlisten_tls = [\"127.0.0.1:0\"]\n";
    config.apps = {{"web", "hello_wat", {}, {}},
                   {"echo", "echo", {}, {}},
                   {"front",
                    "headers",
                    "origin = \"http://127.0.0.1:" + std::to_string(behind_.port()) +
                        "\"\nconfig = \"web.test\"\n",
                    {}}};
    const std::string path = (folder_ / "test").string();
    config.limits =
        "\n[[certificate]]\ncertificate = \"" + path + ".pem\"\nkey = \"" + path + ".key\"\n";
    daemon_.emplace(config, faults_.options());
  }

  static ConfigText behind() {
    ConfigText config;
    config.apps = {{"web", "hello_wat", {}, {}}};
    return config;
  }

  TemporaryFolder folder_;
  Faults faults_;
  Daemon behind_{behind()};
  std::optional<Daemon> daemon_;
};

/// An answer's status and body; nothing if the connection was ended without one.
using Answer = std::optional<std::pair<int, std::string>>;

Answer askInTheClear(const Daemon& daemon, const std::string& host, const std::string& body) {
  try {
    const Response response =
        daemon.connect().ask(request(body.empty() ? "GET" : "POST", host, "/", body));
    return std::pair(response.status, response.body);
  } catch (const ClientError&) {
    return std::nullopt;
  }
}

Answer askOverTls(const Daemon& daemon, const std::string& host, const std::string& body) {
  TlsClient client(daemon.tlsPort(), {.host = "web.test"});
  if (!client.isConnected()) return std::nullopt;
  const std::string text = client.ask(request(body.empty() ? "GET" : "POST", host, "/", body));
  const std::size_t head = text.find("\r\n\r\n");
  if (head == text.npos) return std::nullopt;
  return std::pair(std::stoi(text.substr(9, 3)), text.substr(head + 4));
}

Answer askByHttp2(const Daemon& daemon, const std::string& host, const std::string& body) {
  try {
    const auto outcome =
        e2e::Http2Requests(daemon.tlsPort(), "web.test").ask({{.host = host, .body = body}}).at(0);
    if (outcome.kind != e2e::Http2Outcome::Kind::answered) return std::nullopt;
    return std::pair(outcome.status, outcome.body);
  } catch (const std::exception&) {  // no connection
    return std::nullopt;
  }
}

struct Way {
  const char* name;
  Answer (*ask)(const Daemon& daemon, const std::string& host, const std::string& body);
  const char* host;
  std::size_t body;
};

const Way kWays[] = {
    {"InTheClear", askInTheClear, "web.test", 0},
    {"WithABody", askInTheClear, "echo.test", 100'000},
    {"ByWayOfAnOrigin", askInTheClear, "front.test", 0},
    {"OverTls", askOverTls, "web.test", 0},
    {"ByHttp2", askByHttp2, "web.test", 0},
    {"ByHttp2WithABody", askByHttp2, "echo.test", 100'000},
    {"ByHttp2AndAnOrigin", askByHttp2, "front.test", 0},
};

void PrintTo(const Way& way, std::ostream* out) {
  *out << way.name;
}

class NoMemoryForAnyOneAllocation : public AsManyWays, public ::testing::WithParamInterface<Way> {};

TEST_P(NoMemoryForAnyOneAllocation, OfAShardCostsNobodyElseAnything) {
  const std::string body(GetParam().body, 'b');
  const std::string expected = body.empty() ? kHello : body;
  const auto ask = [&] { return GetParam().ask(*daemon_, GetParam().host, body); };
  Client quiet = daemon_->connect();
  EXPECT_EQ(quiet.ask(request("GET", "web.test", "/")).body, kHello);
  ASSERT_EQ(ask(), (std::pair{200, expected}));
  std::size_t answered = 0;
  std::size_t failed = 0;
  std::uint64_t number = 1;
  for (; number < kMostAllocations; ++number) {
    SCOPED_TRACE("allocation " + std::to_string(number));
    const std::uint64_t before = faults_.control().refusedAllocations;
    const auto begin = std::chrono::steady_clock::now();
    faults_.control().failingAllocation = number;
    const Answer answer = ask();
    faults_.control().failingAllocation = 0;
    EXPECT_LT(std::chrono::steady_clock::now() - begin, kAtOnce) << "it hangs";
    if (answer && answer->first == 200) {
      EXPECT_EQ(answer->second, expected);
      ++answered;
    } else {
      EXPECT_THAT(answer ? answer->first : 503, AnyOf(500, 502, 503));
      ++failed;
    }
    ASSERT_EQ(quiet.ask(request("GET", "web.test", "/")).body, kHello);
    ASSERT_EQ(ask(), (std::pair{200, expected})) << "new connections are served as before";
    if (faults_.control().refusedAllocations == before) break;
  }
  std::printf("%zu were answered all the same, %zu were not, of %llu\n", answered, failed,
              static_cast<unsigned long long>(number));
  EXPECT_GT(number, 1u) << "nothing was refused";
  EXPECT_LT(number, kMostAllocations);
  EXPECT_EQ(daemon_->admin("/readyz").status, 200);
  EXPECT_EQ(daemon_->terminate(), (e2e::Ending{0, 0}));
}

INSTANTIATE_TEST_SUITE_P(Ways, NoMemoryForAnyOneAllocation, ::testing::ValuesIn(kWays),
                         [](const auto& instance) { return instance.param.name; });

TEST_F(NoMemory, ForABodyOfTheApiIsSaidAndLeavesRoomForOthers) {
  faults_.control().largestAllocation = 2 * kMiB;
  const std::string large(4 * kMiB, 'x');
  const ApiReply refused =
      api_.ask("POST", appPath("acme/web", "/versions"), large, "application/wasm");
  EXPECT_EQ(refused.status, 503) << refused.text;
  EXPECT_THAT(refused.word("detail"), HasSubstr("no memory"));
  EXPECT_GT(faults_.control().refusedAllocations, 0u);
  EXPECT_EQ(daemon_.get("web.test").body, kHello);
  faults_.control().largestAllocation = 0;
  EXPECT_EQ(api_.ask("POST", appPath("acme/web", "/versions"), large, "application/wasm").status,
            422);
}

TEST_F(NoMemory, ForAGuestsAddressSpaceRefusesItsRequestsAndServesOthers) {
  api_.serve("globex", "large", "hello");
  daemon_.restart();  // from then on a module is loaded when its first request comes
  EXPECT_EQ(daemon_.get("web.test").body, kHello);
  // The engine reserves all that a guest's memory could address, 4 GiB and what guards it, and
  // nothing else that is as large.
  faults_.control().largestMapping = kMostOfTheRest;
  const Response refused = daemon_.get("large.test");
  EXPECT_EQ(refused.status, 503) << refused.body;
  EXPECT_GT(faults_.control().refusedMappings, 0u);
  EXPECT_NE(daemon_.process().waitForLine(Process::Stream::error, "Out of memory"), "");
  EXPECT_EQ(daemon_.get("web.test").body, kHello);
  EXPECT_EQ(daemon_.admin("/readyz").status, 200);
  const ApiReply version = api_.ask("POST", appPath("globex/large", "/versions"),
                                    e2e::guestBytes("test/count"), "application/wasm");
  EXPECT_EQ(version.status, 503) << version.text;
  EXPECT_THAT(version.word("detail"), HasSubstr("Out of memory"));
  faults_.control().largestMapping = 0;
  EXPECT_TRUE(eventually([&] { return daemon_.get("large.test").status == 200; }));
}

/// It knows no way back from there.
TEST_F(NoMemory, ForTheEngineItselfEndsTheProcessWithAReasonAndLosesNothing) {
  faults_.control().largestMapping = kLittle;
  EXPECT_THROW(api_.serve("globex", "new", "hello"), ClientError);
  const auto ending = daemon_.process().wait();
  ASSERT_TRUE(ending);
  EXPECT_NE(*ending, (e2e::Ending{0, 0}));
  EXPECT_THAT(daemon_.process().text(Process::Stream::error),
              ::testing::ContainsRegex("# Fatal .*out of memory"));
  faults_.control().largestMapping = 0;
  daemon_.restart();
  EXPECT_EQ(daemon_.get("web.test").body, kHello);
}

}  // namespace
}  // namespace skiff::faults
