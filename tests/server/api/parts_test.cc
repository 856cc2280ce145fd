#include <atomic>
#include <future>
#include <thread>

#include "server/api/app_checks.h"
#include "server/api/event_stream.h"
#include "server/api/host_index.h"
#include "server/api/job_pool.h"
#include "server/api/route_table.h"
#include "server/api/sealed_text.h"
#include "server/api/tokens.h"
#include "server/api/version_resolution.h"

namespace skiff {
namespace {

std::vector<RoutePattern> hosts(std::initializer_list<std::string_view> routes) {
  std::vector<RoutePattern> patterns;
  for (const std::string_view route : routes) patterns.push_back(*RoutePattern::parse(route));
  return patterns;
}

TEST(ImageSettings, BecomeArgumentsAndEnvironment) {
  using Variables = std::vector<std::pair<std::string, std::string>>;
  const auto read = [](std::string_view settings) {
    VersionSpec spec;
    readImageSettings(settings, spec);
    return spec;
  };
  const VersionSpec spec =
      read(R"({"args":["a","b"],"env":[["X","1"],["Y",""]],"working_dir":"/srv"})");
  EXPECT_EQ(spec.args, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(spec.env, (Variables{{"X", "1"}, {"Y", ""}, {"PWD", "/srv"}}));
  EXPECT_EQ(read(R"({"env":[["PWD","/own"]],"working_dir":"/srv"})").env,
            (Variables{{"PWD", "/own"}}));
  EXPECT_EQ(read(R"({"env":[],"working_dir":"/"})").env, Variables());
  EXPECT_EQ(read("").env, Variables());
}

TEST(HostIndex, KnowsWhichHostsOverlap) {
  struct Case {
    std::string_view there, asked;
    bool taken;
  };
  for (const Case& test : std::initializer_list<Case>{{"a.test/*", "a.test/x", true},
                                                      {"a.test/*", "b.test/*", false},
                                                      {"a.test/*", "www.a.test/*", false},
                                                      {"*.a.test/*", "www.a.test/*", true},
                                                      {"*.a.test/*", "a.b.a.test/*", true},
                                                      {"*.a.test/*", "a.test/*", false},
                                                      {"www.a.test/*", "*.a.test/*", true},
                                                      {"*.b.a.test/*", "*.a.test/*", true},
                                                      {"*.a.test/*", "*.b.a.test/*", true},
                                                      {"*.a.test/*", "evila.test/*", false},
                                                      {"*/*", "a.test/*", false},
                                                      {"a.test/*", "*/*", false},
                                                      {"*/x", "*/*", true},
                                                      {"[::1]/*", "[::1]/x", true},
                                                      {"127.0.0.1/*", "127.0.0.2/*", false}}) {
    HostIndex index;
    ASSERT_TRUE(index.add("one", hosts({test.there}), true, nullptr));
    EXPECT_EQ(index.add("two", hosts({test.asked}), true, nullptr), !test.taken)
        << test.there << " " << test.asked;
    EXPECT_TRUE(index.add("one", hosts({test.asked}), test.taken, nullptr));
  }
}

TEST(HostIndex, GivesUpWhatIsTakenAway) {
  HostIndex index;
  ASSERT_TRUE(index.add("one", hosts({"a.test/*", "a.test/x"}), true, nullptr));
  index.remove("one", hosts({"a.test/*"}));
  std::string taken;
  EXPECT_FALSE(index.add("two", hosts({"b.test/*", "a.test/y"}), true, &taken));
  EXPECT_EQ(taken, "a.test/y");
  EXPECT_TRUE(index.add("three", hosts({"b.test/*"}), true, nullptr)) << "nothing of it was added";
  index.removeTenant("one");
  EXPECT_TRUE(index.add("two", hosts({"a.test/y"}), true, nullptr));
}

TEST(HostIndex, ReplacesHostsAndTellsWhichAreAnothersToo) {
  HostIndex index;
  ASSERT_TRUE(index.add("old", hosts({"old.test/*"}), true, nullptr));
  ASSERT_TRUE(index.add("one", hosts({"a.test/*"}), true, nullptr));
  ASSERT_TRUE(index.add("other", hosts({"*.b.test/*"}), true, nullptr));
  const auto overlaps = index.replace({"old"}, {{"one", hosts({"www.b.test/x", "c.test/*"})},
                                                {"two", hosts({"c.test/y", "old.test/*"})}});
  ASSERT_EQ(overlaps.size(), 1u) << "those that are replaced together may share hosts";
  EXPECT_EQ(overlaps[0].tenant, "one");
  EXPECT_EQ(overlaps[0].host, "www.b.test/x");
  EXPECT_EQ(overlaps[0].other, "other");
  EXPECT_TRUE(index.add("three", hosts({"a.test/*"}), true, nullptr));
  for (const std::string_view host : {"c.test/*", "old.test/*", "www.b.test/*"}) {
    EXPECT_FALSE(index.add("three", hosts({host}), true, nullptr)) << host;
  }
}

TEST(HostIndex, LetsNobodyInBetweenWhileItReplaces) {
  HostIndex index;
  ASSERT_TRUE(index.add("file", hosts({"a.test/*"}), true, nullptr));
  std::atomic<bool> isDone = false;
  std::thread taker([&] {
    while (!isDone) EXPECT_FALSE(index.add("thief", hosts({"a.test/*"}), true, nullptr));
  });
  for (int i = 0; i < 20'000; ++i) index.replace({"file"}, {{"file", hosts({"a.test/*"})}});
  isDone = true;
  taker.join();
}

TEST(EventStream, TellsASlowReaderHowMuchItMissed) {
  EventStream stream([] {}, 100);
  const std::string data(60, 'x');
  EXPECT_TRUE(stream.send("", data));
  EXPECT_TRUE(stream.send("", data));
  EXPECT_TRUE(stream.send("", data));
  EXPECT_EQ(stream.take().text, "data: " + data + "\n\n");
  EXPECT_TRUE(stream.send("e", "next"));
  EXPECT_EQ(stream.take().text, "event: skipped\ndata: {\"events\":2}\n\nevent: e\ndata: next\n\n");
  stream.send("", data);
  stream.send("", data);
  stream.finish("end", data);
  const EventStream::Taken last = stream.take();
  EXPECT_TRUE(last.isFinished);
  EXPECT_NE(last.text.find("event: end\n"), std::string::npos);
  EXPECT_FALSE(stream.send("", "late"));
}

TEST(EventStream, KeepsNothingForAReaderThatIsGone) {
  EventStream stream([] {});
  stream.close();
  EXPECT_FALSE(stream.send("", "x"));
  EXPECT_TRUE(stream.isClosed());
  EXPECT_TRUE(stream.take().text.empty());
}

TEST(JobPool, RunsNoMoreOfOneKeyThanItMay) {
  JobPool pool({.threads = 3, .waiting = 100, .runningPerKey = 1, .waitingPerKey = 2});
  std::promise<void> leave;
  std::shared_future<void> left = leave.get_future().share();
  std::atomic<int> running = 0, most = 0, done = 0;
  const auto job = [&, left] {
    most = std::max(most.load(), ++running);
    left.wait();
    --running;
    ++done;
  };
  EXPECT_TRUE(pool.submit("a", job));
  while (running == 0) std::this_thread::yield();
  EXPECT_TRUE(pool.submit("a", job));
  EXPECT_TRUE(pool.submit("a", job));
  EXPECT_FALSE(pool.submit("a", job));
  std::promise<void> other;
  EXPECT_TRUE(pool.submit("b", [&] { other.set_value(); }));
  other.get_future().wait();
  EXPECT_EQ(most, 1);
  leave.set_value();
  while (done != 3) std::this_thread::yield();
}

TEST(JobPool, RefusesWhatItHasNoPlaceForAndWhatComesAfterItsEnd) {
  JobPool pool({.threads = 1, .waiting = 1, .runningPerKey = 1, .waitingPerKey = 1});
  std::promise<void> entered, leave;
  pool.submit("", [&] {
    entered.set_value();
    leave.get_future().wait();
  });
  entered.get_future().wait();
  bool ran = false;
  EXPECT_TRUE(pool.submit("", [&] { ran = true; }));
  EXPECT_FALSE(pool.submit("", [] {}));
  leave.set_value();
  pool.stop();
  EXPECT_FALSE(pool.submit("", [] {}));
  static_cast<void>(ran);
}

TEST(SealedText, OpensWithItsSecretAlone) {
  const std::string sealed = seal("a token", "secret");
  EXPECT_EQ(sealed.find("token"), std::string::npos);
  EXPECT_EQ(unseal(sealed, "secret"), "a token");
  EXPECT_NE(seal("a token", "secret"), sealed);
  EXPECT_FALSE(unseal(sealed, "other"));
  EXPECT_FALSE(unseal(sealed.substr(2), "secret"));
  EXPECT_FALSE(unseal("", "secret"));
  EXPECT_FALSE(unseal(std::string(200, 'z'), "secret"));
}

TEST(Tokens, AreLongAndNeverTheSame) {
  EXPECT_EQ(makeToken().size(), 47u);
  EXPECT_NE(makeToken(), makeToken());
  EXPECT_EQ(hashToken("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(PrivateOrigin, IsWhateverIsNotOnThePublicNetwork) {
  for (const char* origin : {"http://127.0.0.1",
                             "http://127.1",
                             "http://2130706433",
                             "http://0x7f.1",
                             "http://0.0.0.0",
                             "http://10.0.0.1:80",
                             "http://172.31.0.1",
                             "http://192.168.1.1",
                             "http://169.254.169.254",
                             "http://100.64.0.1",
                             "http://224.0.0.1",
                             "http://[::1]",
                             "http://[::]",
                             "http://[fe80::1]",
                             "http://[fc00::1]",
                             "http://[::ffff:10.0.0.1]",
                             "http://[64:ff9b::7f00:1]",
                             "http://localhost",
                             "http://a.localhost",
                             "http://localhost.",
                             "http://intranet"}) {
    EXPECT_TRUE(isPrivateOrigin(origin)) << origin;
  }
  for (const char* origin : {"http://192.0.3.1", "http://8.8.8.8", "http://[2001:4860::1]:8080",
                             "http://origin.example", "http://172.32.0.1"}) {
    EXPECT_FALSE(isPrivateOrigin(origin)) << origin;
  }
}

TEST(RouteTable, MatchesWholePathsAlone) {
  PathNames names;
  EXPECT_TRUE(matchPath("/v1/tenants/a/apps/b", "/v1/tenants/{tenant}/apps/{app}", names));
  EXPECT_EQ(names.tenant, "a");
  EXPECT_EQ(names.app, "b");
  for (const char* path : {"/v1/tenants/a/apps/", "/v1/tenants/a/apps", "/v1/tenants/a/apps/b/",
                           "/v1/tenants/a/apps/b/c", "/v1/tenants//apps/b", "", "/", "v1"}) {
    EXPECT_FALSE(matchPath(path, "/v1/tenants/{tenant}/apps/{app}", names)) << path;
  }
}

}  // namespace
}  // namespace skiff
