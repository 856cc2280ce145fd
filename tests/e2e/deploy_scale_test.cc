#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <random>
#include <sstream>
#include <thread>

#include "tests/e2e/admin_api.h"
#include "tests/e2e/catalog_filler.h"
#include "tests/e2e/variants.h"

namespace skiff::e2e {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kModules = 8;

/// SKIFF_E2E_LARGE=1 asks for 10,000.
std::size_t tenantCount() {
  return std::getenv("SKIFF_E2E_LARGE") != nullptr ? 10'000 : 1'000;
}

std::string tenantName(std::size_t number) {
  return "tenant" + std::to_string(number);
}
std::string hostOf(std::size_t number) {
  return tenantName(number) + ".test";
}

/// Tenants with an app each, as the API would have put them there.
void fill(const std::filesystem::path& folder, std::size_t tenants) {
  CatalogFiller filler(folder);
  std::vector<VersionRecord> versions;
  for (std::size_t i = 0; i < kModules; ++i) versions.push_back(filler.store(moduleAnswering(i)));
  for (std::size_t i = 0; i < tenants; ++i) filler.serve(tenantName(i), versions[i % kModules]);
}

/// Each change that the catalog acknowledges is synced: where there is memory to put it, it is
/// filled there, and then copied.
void fillQuickly(const std::filesystem::path& folder, std::size_t tenants) {
  const std::filesystem::path memory = "/dev/shm";
  if (::access(memory.c_str(), W_OK) != 0) return fill(folder, tenants);
  std::string name = (memory / "skiff-test-XXXXXX").string();
  if (!::mkdtemp(name.data())) throw std::runtime_error("mkdtemp");
  const auto removed = std::shared_ptr<void>(nullptr, [&](void*) {
    std::error_code ignored;
    std::filesystem::remove_all(name, ignored);
  });
  fill(name, tenants);
  std::filesystem::copy(name, folder, std::filesystem::copy_options::recursive);
}

ConfigText config() {
  ConfigText config;
  config.server = "access_log = \"off\"\nshards = 2\n";
  return config;
}

double milliseconds(Clock::duration time) {
  return std::chrono::duration<double, std::milli>(time).count();
}
double mebibytes(std::size_t bytes) {
  return static_cast<double>(bytes) / (1 << 20);
}

/// Seconds that the process has had of the CPUs.
double cpuSeconds(const Process& process) {
  std::ifstream file("/proc/" + std::to_string(process.id()) + "/stat");
  std::string text;
  std::getline(file, text);
  std::istringstream fields(text.substr(text.rfind(')') + 2));
  std::string ignored;
  for (int i = 0; i < 11; ++i) fields >> ignored;
  double user = 0;
  double system = 0;
  fields >> user >> system;
  return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

/// How long each of a few calls took, the quickest first.
template <class Call>
std::vector<double> timesOf(std::size_t count, Call call) {
  std::vector<double> times;
  for (std::size_t i = 0; i < count; ++i) {
    const auto begin = Clock::now();
    call(i);
    times.push_back(milliseconds(Clock::now() - begin));
  }
  std::sort(times.begin(), times.end());
  return times;
}

void report(std::string_view what, const std::vector<double>& times) {
  std::printf("%.*s: %.1f ms in the middle, %.1f ms at most (of %zu)\n",
              static_cast<int>(what.size()), what.data(), times[times.size() / 2], times.back(),
              times.size());
}

TEST(ManyTenants, StartQuicklyAndCostLittleWhileTheyAreIdle) {
  constexpr std::size_t kMostPerTenant = 64 << 10;
  const std::size_t tenants = tenantCount();
  std::size_t without = 0;
  {
    Daemon empty(config());
    without = empty.process().readings().residentBytes;
  }
  Clock::time_point begin;
  Daemon daemon(config(), [&](const std::filesystem::path& folder) {
    fillQuickly(folder, tenants);
    begin = Clock::now();
  });
  const auto start = Clock::now() - begin;
  const std::size_t with = daemon.process().readings().residentBytes;
  const std::size_t each = with > without ? (with - without) / tenants : 0;
  std::printf(
      "%zu tenants: ready after %.0f ms; resident %.1f MiB, without any %.1f MiB: %zu "
      "bytes each\n",
      tenants, milliseconds(start), mebibytes(with), mebibytes(without), each);
  RecordProperty("start_ms", std::to_string(milliseconds(start)));
  RecordProperty("bytes_per_tenant", std::to_string(each));
  EXPECT_LT(start, std::chrono::seconds(10));
  if (!kSanitized) {
    EXPECT_LT(each, kMostPerTenant);
  }

  const double cpu = cpuSeconds(daemon.process());
  const auto idleSince = Clock::now();
  std::this_thread::sleep_for(std::chrono::seconds(2));
  std::printf("idle: %.2f %% of a CPU\n", 100 * (cpuSeconds(daemon.process()) - cpu) /
                                              (milliseconds(Clock::now() - idleSince) / 1'000));

  std::mt19937 random(std::random_device{}());
  report("the first request to a tenant", timesOf(50, [&](std::size_t) {
           const std::size_t number = random() % tenants;
           const Response response = daemon.get(hostOf(number));
           EXPECT_EQ(response.status, 200) << hostOf(number);
           EXPECT_EQ(response.body, answerOf(number % kModules)) << hostOf(number);
         }));
  report("the metrics page",
         timesOf(3, [&](std::size_t) { EXPECT_EQ(daemon.admin("/metrics").status, 200); }));
  report("a status of 100 apps", timesOf(3, [&](std::size_t) {
           EXPECT_EQ(AdminApi(daemon).get("/v1/status").status, 200);
         }));

  const AdminApi api(daemon);
  const std::string module = moduleAnswering(kModules);
  std::vector<std::string> versions;
  report("an upload", timesOf(10, [&](std::size_t i) {
           versions.push_back(api.uploadBytes(tenantName(i) + "/web", module));
         }));
  report("a deployment", timesOf(10, [&](std::size_t i) {
           EXPECT_EQ(api.deploy(tenantName(i) + "/web", versions[i]).status, 200);
         }));
  for (std::size_t i = 0; i < versions.size(); ++i) {
    EXPECT_EQ(daemon.get(hostOf(i)).body, answerOf(kModules));
  }
  report(
      "a new app with a route", timesOf(10, [&](std::size_t i) {
        const std::string route = "more" + std::to_string(i) + ".test/*";
        EXPECT_EQ(
            api.put(appPath(tenantName(i) + "/more"), R"({"routes":[")" + route + R"("]})").status,
            201);
      }));
  std::printf("after all that: resident %.1f MiB\n",
              mebibytes(daemon.process().readings().residentBytes));
}

}  // namespace
}  // namespace skiff::e2e
