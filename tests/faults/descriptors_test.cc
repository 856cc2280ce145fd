// A daemon that has no descriptor left.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <filesystem>
#include <list>
#include <set>

#include "tests/e2e/admin_api.h"
#include "tests/faults/faults.h"
#include "tests/server/origin/scripted_origin.h"

namespace skiff::faults {
namespace {

using e2e::AdminApi;
using e2e::appPath;
using e2e::Client;
using e2e::ConfigText;
using e2e::Daemon;
using e2e::eventually;
using e2e::Process;
using e2e::request;
using e2e::Response;
using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr int kRequests = 200;

std::size_t countOf(std::string_view part, std::string_view text) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++count;
  return count;
}

class NoDescriptor : public ::testing::Test {
 protected:
  ConfigText config() const {
    ConfigText config;
    config.server = "shards = 1\n";
    config.apps = {
        {"hello", "hello_wat", {}, {}},
        {"front", "headers", "origin = \"" + origin_.url() + "\"\nconfig = \"inner.test\"\n", {}}};
    return config;
  }

  NoDescriptor() {
    EXPECT_EQ(api_.put("/v1/tenants/globex", "{}").status, 201);
    EXPECT_EQ(api_.put(appPath("globex/web"), R"({"routes":["web.test/*"]})").status, 201);
    EXPECT_EQ(ask("hello.test").body, kHello);
    EXPECT_EQ(askAdmin("GET", "/v1/tenants").status, 200);
  }
  ~NoDescriptor() override { restore(); }

  /// From now on there is none, and one who has connected is waiting.
  void exhaust() {
    limit(limitFor(2));
    while (faults_.control().refusedAccepts == 0) {
      ASSERT_LT(waiting_.size(), 64u);
      waiting_.push_back(daemon_.connect());
      eventually([&] { return faults_.control().refusedAccepts != 0 || hasTakenOne(); });
    }
    // The system says so as soon as it has given the last one away.
    waiting_.push_back(daemon_.connect());
    const std::uint64_t before = faults_.control().refusedAccepts;
    ASSERT_TRUE(eventually([&] { return faults_.control().refusedAccepts > before; }));
  }
  void restore() { limit(before_); }

  Response ask(std::string_view host) { return kept_.ask(request("GET", host, "/")); }
  Response askAdmin(std::string_view method, std::string_view path, std::string_view body = {}) {
    std::string fields = "Authorization: Bearer " + api_.token() + "\r\n";
    if (!body.empty()) fields += "Content-Type: application/wasm\r\n";
    return keptAdmin_.ask(request(method, "127.0.0.1", path, body, fields));
  }
  std::string log() { return daemon_.process().text(Process::Stream::error); }

  ScriptedOrigin origin_{{[](Peer& peer) {
    peer.readHead();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
  }}};
  Faults faults_;
  Daemon daemon_{config(), faults_.options()};
  AdminApi api_{daemon_};
  Client kept_ = daemon_.connect();
  Client keptAdmin_{daemon_.adminPort()};
  std::list<Client> waiting_;

 private:
  void limit(rlim_t most) {
    rlimit now{};
    ASSERT_EQ(::prlimit(daemon_.process().id(), RLIMIT_NOFILE, nullptr, &now), 0);
    if (before_ == 0) before_ = now.rlim_cur;
    now.rlim_cur = most;
    ASSERT_EQ(::prlimit(daemon_.process().id(), RLIMIT_NOFILE, &now, nullptr), 0);
  }
  /// The limit that leaves so many to take.
  rlim_t limitFor(std::size_t free) {
    std::set<rlim_t> taken;
    for (const auto& entry : std::filesystem::directory_iterator(
             "/proc/" + std::to_string(daemon_.process().id()) + "/fd")) {
      taken.insert(std::stoul(entry.path().filename()));
    }
    rlim_t most = 0;
    for (; free != 0; ++most) free -= taken.contains(most) ? 0 : 1;
    return most;
  }
  /// Whether the daemon has more or fewer descriptors than at the last look.
  bool hasTakenOne() {
    const std::size_t now = daemon_.process().readings().descriptors;
    return std::exchange(seen_, now) != now;
  }

  rlim_t before_ = 0;
  std::size_t seen_ = 0;
};

TEST_F(NoDescriptor, LeavesConnectionsThatAreThereServedAndOthersWaiting) {
  exhaust();
  const auto begin = std::chrono::steady_clock::now();
  const std::uint64_t refusals = faults_.control().refusedAccepts;
  for (int i = 0; i < kRequests; ++i) EXPECT_EQ(ask("hello.test").body, kHello);
  // It pauses for 100 ms between attempts: once for each that has gone by, not once a turn.
  const auto pauses = static_cast<std::uint64_t>((std::chrono::steady_clock::now() - begin) /
                                                 std::chrono::milliseconds(100));
  EXPECT_LE(faults_.control().refusedAccepts - refusals, pauses + 1);

  Client& last = waiting_.back();
  last.send(request("GET", "hello.test", "/"));
  restore();
  EXPECT_EQ(last.receive().body, kHello);
  // It is tried again when the next one comes.
  EXPECT_EQ(daemon_.get("hello.test").body, kHello);
  EXPECT_NE(daemon_.process().waitForLine(Process::Stream::error, "accepts connections again"), "")
      << log();
}

TEST_F(NoDescriptor, IsSaidOnceWithWhatToDo) {
  exhaust();
  // Some more attempts.
  EXPECT_TRUE(eventually([&] { return faults_.control().refusedAccepts >= 5; }));
  const std::string said = log();
  EXPECT_EQ(countOf("cannot accept connections", said), 1u) << said;
  EXPECT_THAT(said, AllOf(HasSubstr("Too many open files"), HasSubstr("LimitNOFILE")));
}

TEST_F(NoDescriptor, MakesAnOriginABadGatewayUntilThereIsOne) {
  exhaust();
  const Response refused = ask("front.test");
  EXPECT_EQ(refused.status, 502);
  EXPECT_EQ(refused.field("skiff-reason"), "origin_error");
  EXPECT_EQ(ask("hello.test").body, kHello);
  waiting_.clear();
  restore();
  EXPECT_EQ(ask("front.test").body, "ok");
}

TEST_F(NoDescriptor, RefusesAnUploadWithTheCauseUntilThereIsOne) {
  exhaust();
  const std::string module = e2e::guestBytes("hello");
  const Response refused = askAdmin("POST", appPath("globex/web", "/versions"), module);
  EXPECT_EQ(refused.status, 500);
  EXPECT_THAT(refused.body, HasSubstr("Too many open files"));
  const Response read = askAdmin("GET", appPath("globex/web", "/versions"));
  EXPECT_EQ(read.status, 200) << read.body << log();
  restore();
  const Response made = askAdmin("POST", appPath("globex/web", "/versions"), module);
  EXPECT_EQ(made.status, 201) << made.body;
}

}  // namespace
}  // namespace skiff::faults
