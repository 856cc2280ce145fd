#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <sstream>

#include "tests/e2e/admin_api.h"
#include "tests/e2e/daemon.h"

namespace skiff::e2e {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Key;
using ::testing::Not;

/// Milliseconds by step, of "route;dur=0.012, guest;dur=0.105".
std::map<std::string, double> stepsOf(const Response& response) {
  std::map<std::string, double> steps;
  std::istringstream field(response.field("server-timing"));
  for (std::string step; std::getline(field, step, ',');) {
    const std::size_t begin = step.find_first_not_of(' ');
    const std::size_t mark = step.find(";dur=");
    if (mark == std::string::npos) throw std::runtime_error("not a step: " + step);
    steps[step.substr(begin, mark - begin)] = std::stod(step.substr(mark + 5));
  }
  return steps;
}

double sumOf(const std::map<std::string, double>& steps) {
  double sum = 0;
  for (const auto& [step, time] : steps) sum += time;
  return sum;
}

ConfigText configuration(std::string server) {
  ConfigText config;
  config.server = std::move(server);
  config.apps = {{"hello", "hello_wat", {}, {}},
                 {"busy", "hostile/misbehave", {}, {}},
                 {"forger", "test/forge_timing", {}, {}}};
  return config;
}

class ServerTimings : public ::testing::Test {
 protected:
  Daemon daemon{configuration("shards = 1\nserver_timing = true\n")};
};

TEST(ServerTimingField, IsNotSentUnlessTheOperatorSaysSo) {
  const Daemon daemon(configuration({}));
  EXPECT_EQ(daemon.get("hello.test").field("server-timing"), "");
  EXPECT_EQ(daemon.get("nobody.test").field("server-timing"), "");
  EXPECT_EQ(daemon.get("forger.test").field("server-timing"), "guest;dur=86400, guest;dur=86400")
      << "a guest's own is like any other field then";
}

TEST_F(ServerTimings, SayHowLongAColdStartTookStepByStep) {
  const auto first = stepsOf(daemon.get("hello.test"));
  EXPECT_THAT(
      first, AllOf(Contains(Key("isolate")), Contains(Key("instantiate")), Contains(Key("guest"))));
  const auto second = stepsOf(daemon.get("hello.test"));
  EXPECT_THAT(second, AllOf(Not(Contains(Key("isolate"))), Not(Contains(Key("instantiate")))));
}

TEST_F(ServerTimings, SayThatAModuleHadToBeLoaded) {
  AdminApi(daemon).serve("beta", "late", "hello_wat");
  daemon.restart();
  EXPECT_THAT(stepsOf(daemon.get("late.test")), Contains(Key("module")));
  EXPECT_THAT(stepsOf(daemon.get("late.test")), Not(Contains(Key("module"))));
}

TEST_F(ServerTimings, SumToNoMoreThanTheClientWaited) {
  for (const char* target : {"/", "/work?steps=20000000"}) {
    for (const char* host : {"hello.test", "busy.test"}) {
      const auto begin = std::chrono::steady_clock::now();
      const Response response = daemon.get(host, target);
      const double waited =
          std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin)
              .count();
      const auto steps = stepsOf(response);
      EXPECT_GT(sumOf(steps), 0) << host << target;
      EXPECT_LE(sumOf(steps), waited) << host << target;
    }
  }
}

TEST_F(ServerTimings, CountWhatAGuestComputesToTheGuest) {
  const auto idle = stepsOf(daemon.get("busy.test", "/"));
  const auto busy = stepsOf(daemon.get("busy.test", "/work?steps=20000000"));
  EXPECT_GT(busy.at("guest"), sumOf(busy) / 2);
  EXPECT_GT(busy.at("guest"), 1.0);
}

TEST_F(ServerTimings, CannotBeForgedByAGuest) {
  const Response response = daemon.get("forger.test");
  EXPECT_EQ(response.body, "guest;dur=86400");
  const auto steps = stepsOf(response);
  EXPECT_LT(steps.at("guest"), 86'400);
  EXPECT_LT(sumOf(steps), 86'400);
}

TEST_F(ServerTimings, AreInAnswersOfTheServersOwn) {
  EXPECT_THAT(stepsOf(daemon.get("nobody.test")), Contains(Key("route")));
}

}  // namespace
}  // namespace skiff::e2e
