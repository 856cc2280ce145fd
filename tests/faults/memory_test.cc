// No memory: for one allocation of a shard after the other, for large ones, for mappings, for the
// child that compiles.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "tests/e2e/admin_api.h"
#include "tests/faults/faults.h"

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

constexpr const char* kHello = "Hello from wasm";
constexpr std::uint64_t kMostAllocations = 2'000;
constexpr std::size_t kMiB = std::size_t{1} << 20;

class NoMemory : public ::testing::Test {
 protected:
  NoMemory() { api_.serve("acme", "web", "hello_wat"); }
  static ConfigText config() {
    ConfigText config;
    config.server = "shards = 1\n";
    return config;
  }
  Faults faults_;
  Daemon daemon_{config(), faults_.options()};
  AdminApi api_{daemon_};
};

/// The answer, or nothing if the connection was ended without one.
std::optional<Response> askAnew(const Daemon& daemon) {
  try {
    return daemon.get("web.test");
  } catch (const ClientError&) {
    return std::nullopt;
  }
}

TEST_F(NoMemory, ForAnyOneAllocationOfAShardCostsNobodyElseAnything) {
  Client quiet = daemon_.connect();
  EXPECT_EQ(quiet.ask(request("GET", "web.test", "/")).body, kHello);
  std::size_t answered = 0;
  std::size_t failed = 0;
  std::uint64_t number = 1;
  for (; number < kMostAllocations; ++number) {
    SCOPED_TRACE("allocation " + std::to_string(number));
    const std::uint64_t before = faults_.control().refusedAllocations;
    faults_.control().failingAllocation = number;
    const std::optional<Response> response = askAnew(daemon_);
    faults_.control().failingAllocation = 0;
    if (response && response->status == 200) {
      EXPECT_EQ(response->body, kHello);
      ++answered;
    } else {
      EXPECT_THAT(response ? response->status : 503, AnyOf(500, 502, 503));
      ++failed;
    }
    ASSERT_EQ(quiet.ask(request("GET", "web.test", "/")).body, kHello);
    ASSERT_EQ(daemon_.get("web.test").body, kHello) << "new connections are accepted as before";
    if (faults_.control().refusedAllocations == before) break;
  }
  std::printf("%zu were answered all the same, %zu were not, of %llu\n", answered, failed,
              static_cast<unsigned long long>(number));
  EXPECT_GT(number, 1u) << "nothing was refused";
  EXPECT_LT(number, kMostAllocations);
  EXPECT_EQ(daemon_.admin("/readyz").status, 200);
  EXPECT_EQ(daemon_.terminate(), (e2e::Ending{0, 0}));
}

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

TEST_F(NoMemory, ForWhatAGuestNeedsRefusesItsDeploymentAndServesOthers) {
  EXPECT_EQ(api_.put("/v1/tenants/globex", "{}").status, 201);
  EXPECT_EQ(api_.put(appPath("globex/new"), R"({"routes":["new.test/*"]})").status, 201);
  faults_.control().largestMapping = std::stoull(std::getenv("T"));
  ApiReply refused;
  try {
    refused = api_.ask("POST", appPath("globex/new", "/versions"), e2e::guestBytes("test/count"),
                       "application/wasm");
  } catch (const ClientError&) {
    auto e = daemon_.process().wait();
    std::printf("ended %d %d\n", e ? e->code : -1, e ? e->signal : -1);
  }
  std::printf("%d %s\n%llu\n%s\n", refused.status, refused.text.c_str(),
              static_cast<unsigned long long>(faults_.control().refusedMappings.load()),
              daemon_.process().text(Process::Stream::error).c_str());
  EXPECT_EQ(daemon_.get("web.test").body, kHello);
  faults_.control().largestMapping = 0;
  EXPECT_EQ(api_.ask("POST", appPath("globex/new", "/versions"), e2e::guestBytes("test/count"),
                     "application/wasm")
                .status,
            201);
}

}  // namespace
}  // namespace skiff::faults
