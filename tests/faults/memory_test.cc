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

constexpr std::uint64_t kMostAllocations = 2'000;
constexpr std::size_t kMiB = std::size_t{1} << 20;
constexpr std::uint64_t kMostOfTheRest = 5'000'000'000;
constexpr std::uint64_t kLittle = 64 << 10;

class NoMemory : public OneShard {};

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
