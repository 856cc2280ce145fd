#include <gtest/gtest.h>

#include <chrono>
#include <iostream>

#include "tests/deploy/catalog/catalog_fixture.h"

namespace skiff {
namespace {

using std::chrono::steady_clock;
using testing::CatalogTest;
using testing::errorOf;
using testing::numbers;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int kSlowdown = 10;
#else
constexpr int kSlowdown = 1;
#endif

class TenThousandTenants : public CatalogTest {
 protected:
  static constexpr std::int64_t kTenants = 10'000;

  TenThousandTenants() {
    const std::string all = numbers(1, kTenants);
    alter(
        "BEGIN;"
        "INSERT INTO tenants SELECT 't' || value, '{\"cpu\":\"1\"}', value, value, 0, 0 FROM " +
        all +
        ";INSERT INTO apps SELECT 't' || value, 'web', printf('{\"routes\":[\"t%d.localhost/*\"],"
        "\"env\":{\"A\":\"%s\"}}', value, hex(zeroblob(100))), hex(zeroblob(16)), value, 0, 0 "
        "FROM " +
        all +
        ";INSERT INTO versions SELECT tenant, name, 'v' || step.value, 'sha256:' || tenant ||"
        " step.value, 'sha256:' || tenant || step.value, 99, tenant, 'reference', 'wasi', '',"
        " 'verified', '', apps.rowid * 2 + step.value, 0, 'test', 9 FROM apps, " +
        numbers(1, 2) +
        " AS step;INSERT INTO version_blobs SELECT tenant, app, version, step.value,"
        " module_digest || step.value, 99 FROM versions, " +
        numbers(1, 3) +
        " AS step;INSERT INTO deployments SELECT tenant, name, step.value, 'ip', '', 'put',"
        " step.value - 1, 0, 0, 'test' FROM apps, " +
        numbers(1, 2) +
        " AS step;INSERT INTO splits SELECT tenant, app, number, step.value, 'v' || step.value, 50"
        " FROM deployments, " +
        numbers(1, 2) +
        " AS step;INSERT INTO audit SELECT value, 0, 'test', 'tenant.put', 't' || (value % 10000),"
        " '', '', '', '{}' FROM " +
        numbers(1, 3 * kTenants) + ";UPDATE catalog SET revision = 1000000;COMMIT");
  }

  /// How long `work` takes, once.
  template <class Work>
  static std::chrono::milliseconds timeOf(const char* what, Work work) {
    const auto start = steady_clock::now();
    work();
    const auto took = steady_clock::now() - start;
    std::cout << "  " << what << ": "
              << std::chrono::duration_cast<std::chrono::microseconds>(took).count() << " us\n";
    return std::chrono::duration_cast<std::chrono::milliseconds>(took);
  }
};

TEST_F(TenThousandTenants, AreOpenedAndVisitedInNoTime) {
  close();
  std::cout << "  file: " << std::filesystem::file_size(file_) / 1024 << " KiB\n";
  const auto opening = timeOf("open", [&] { open(); });
  std::int64_t apps = 0;
  Catalog::Visitor visitor{
      [](const TenantRecord&) {},
      [&](const AppRecord&, const auto&, const auto& deployment, const auto& versions) {
        if (deployment && deployment->number == 2 && versions.size() == 2 &&
            versions[1].blobs.size() == 3) {
          ++apps;
        }
      }};
  const auto visiting = timeOf("visit", [&] {
    const auto done = catalog().visit(visitor);
    EXPECT_TRUE(done.has_value()) << errorOf(done);
  });
  EXPECT_EQ(apps, kTenants);
  EXPECT_LT((opening + visiting).count(), 2'000 * kSlowdown);
  const auto listing =
      timeOf("content", [&] { EXPECT_EQ(catalog().content()->blobs.size(), 60'000U); });
  EXPECT_LT(listing.count(), 1'000 * kSlowdown);
}

TEST_F(TenThousandTenants, ReadAndChangeOneAppAsFastAsIfItWereAlone) {
  const auto reads = timeOf("1,000 reads of a deployment", [&] {
    for (int i = 1; i <= 1'000; ++i) {
      EXPECT_EQ(catalog().deployment("t" + std::to_string(i * 7), "web")->number, 2);
    }
  });
  EXPECT_LT(reads.count(), 1'000 * kSlowdown);
  const auto pages = timeOf("100 pages of the audit log", [&] {
    for (int i = 1; i <= 100; ++i) {
      EXPECT_EQ(catalog().audit("t" + std::to_string(i), 0, 50)->size(), 3U);
    }
  });
  EXPECT_LT(pages.count(), 1'000 * kSlowdown);
  timeOf("20 deployments, synced", [&] {
    for (int i = 1; i <= 20; ++i) deploy("t" + std::to_string(i), "web", {"v1"});
  });
  timeOf("removal of a tenant",
         [&] { EXPECT_TRUE(catalog().deleteTenant("test", "t77", testing::kAlways).has_value()); });
}

}  // namespace
}  // namespace skiff
