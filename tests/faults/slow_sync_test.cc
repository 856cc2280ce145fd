// A disk that takes as long as a test likes to sync: who waits for it, and who does not.
#include <gtest/gtest.h>

#include <future>

#include "tests/e2e/admin_api.h"
#include "tests/faults/faults.h"

namespace skiff::faults {
namespace {

using e2e::AdminApi;
using e2e::ApiReply;
using e2e::appPath;
using e2e::Client;
using e2e::ConfigText;
using e2e::Daemon;
using e2e::eventually;

constexpr const char* kQuiet = "Hello from wasm";
constexpr int kRequests = 50;

class ASlowDisk : public ::testing::Test {
 protected:
  ASlowDisk() {
    api_.serve("quiet", "quiet", "hello_wat");
    api_.serve("acme", "web", "hello_wat");
    faults_.concern(daemon_.dataFolder());
  }
  ~ASlowDisk() override { faults_.releaseSyncs(); }

  /// `change` waits for the disk, and meanwhile everything else goes on.
  void expectOthersGoOnDuring(const std::function<ApiReply()>& change, int status) {
    faults_.holdSyncs();
    std::future<ApiReply> reply = std::async(std::launch::async, change);
    ASSERT_TRUE(eventually([&] { return faults_.heldSyncs() != 0; }));
    Client client = daemon_.connect();
    for (int i = 0; i < kRequests; ++i) {
      EXPECT_EQ(client.ask(e2e::request("GET", "quiet.test", "/")).body, kQuiet);
      EXPECT_EQ(daemon_.get("web.test").body, kQuiet);
    }
    EXPECT_EQ(daemon_.admin("/readyz").status, 200);
    EXPECT_EQ(daemon_.admin("/healthz").status, 200);
    EXPECT_EQ(daemon_.admin("/metrics").status, 200);
    EXPECT_EQ(api_.get("/v1/status").status, 200);
    EXPECT_EQ(api_.get("/v1/tenants/quiet").status, 200);
    EXPECT_EQ(api_.get(appPath("acme/web", "/versions")).status, 200);
    // All of that came first.
    EXPECT_EQ(reply.wait_for(std::chrono::seconds(0)), std::future_status::timeout);
    faults_.releaseSyncs();
    const ApiReply done = reply.get();
    EXPECT_EQ(done.status, status) << done.text;
  }

  Faults faults_;
  Daemon daemon_{ConfigText{}, faults_.options()};
  AdminApi api_{daemon_};
};

TEST_F(ASlowDisk, DelaysAnUploadAndNobodyElse) {
  expectOthersGoOnDuring(
      [this] {
        return api_.ask("POST", appPath("acme/web", "/versions"), e2e::guestBytes("hello"),
                        "application/wasm");
      },
      201);
}

TEST_F(ASlowDisk, DelaysAChangeOfTheCatalogAndNobodyElse) {
  const std::string version = api_.upload("acme/web", "hello");
  expectOthersGoOnDuring([&] { return api_.deploy("acme/web", version); }, 200);
  EXPECT_EQ(daemon_.get("web.test").body, "Hello from skiff, you asked for /\n");
}

TEST_F(ASlowDisk, ThatIsKilledMeanwhileHasLostNothing) {
  faults_.holdSyncs();
  std::future<void> change = std::async(std::launch::async, [this] {
    EXPECT_THROW(api_.put("/v1/tenants/globex", "{}"), e2e::ClientError);
  });
  ASSERT_TRUE(eventually([&] { return faults_.heldSyncs() != 0; }));
  daemon_.process().signal(SIGKILL);
  change.get();
  faults_.releaseSyncs();
  daemon_.restart();
  EXPECT_EQ(daemon_.get("quiet.test").body, kQuiet);
  EXPECT_EQ(daemon_.get("web.test").body, kQuiet);
}

}  // namespace
}  // namespace skiff::faults
