#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <thread>

#include "tests/e2e/daemon.h"

/// Requests that write and read files, many at a time: their calls go through the threads for file
/// I/O while the shards serve others.
namespace skiff::e2e {
namespace {

constexpr std::string_view kKeeper = R"(
local body = io.read("a")
local name = os.getenv("PATH_INFO"):sub(2)
local file = assert(io.open("/data/" .. name, "w"))
file:write(body)
file:close()
local scratch = assert(io.open("/tmp/scratch", "a+"))
scratch:write(body)
scratch:seek("set")
local kept = assert(io.open("/data/" .. name, "r")):read("a")
print("Content-Type: text/plain\n")
io.write(kept, scratch:read("a"))
)";

class Files : public ::testing::Test {
 protected:
  Files() {
    std::filesystem::create_directory(folder_ / "scripts");
    std::filesystem::create_directory(folder_ / "data");
    std::ofstream(folder_ / "scripts" / "keeper.lua") << kKeeper;
    const std::string data = (folder_ / "data").string();
    ConfigText config;
    config.apps = {
        {"keeper",
         "lua",
         "args = [\"/keeper.lua\"]\nfiles = \"" + (folder_ / "scripts").string() +
             "\"\ndirs = [{ host = \"" + data + "\", guest = \"/data\", write = true }]\n",
         {}},
        {"reader",
         "lua",
         "args = [\"/keeper.lua\"]\nfiles = \"" + (folder_ / "scripts").string() +
             "\"\ndirs = [{ host = \"" + data + "\", guest = \"/data\" }]\n",
         {}}};
    daemon_.emplace(config);
  }

  TemporaryFolder folder_;
  std::optional<Daemon> daemon_;
};

TEST_F(Files, WrittenByManyRequestsAtOnceAreWhole) {
  constexpr int kClients = 8;
  constexpr int kRequests = 40;
  std::vector<std::thread> clients;
  std::atomic<int> right = 0;
  for (int c = 0; c < kClients; ++c) {
    clients.emplace_back([&, c] {
      Client client = daemon_->connect();
      for (int i = 0; i < kRequests; ++i) {
        const std::string name = std::to_string(c) + "-" + std::to_string(i);
        const std::string body(static_cast<std::size_t>(c * 1'000 + i * 97 + 1),
                               static_cast<char>('a' + (c + i) % 26));
        const Response response = client.ask(request("POST", "keeper.test", "/" + name, body));
        if (response.status == 200 && response.body == body + body) ++right;
      }
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(right, kClients * kRequests);
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder_ / "data")) {
    files += entry.is_regular_file() ? 1 : 0;
  }
  EXPECT_EQ(files, std::size_t{kClients} * kRequests);
}

TEST_F(Files, AreNotWrittenWhereOnlyReadingWasGranted) {
  const Response response =
      daemon_->connect().ask(request("POST", "reader.test", "/new", "content"));
  EXPECT_EQ(response.status, 502);
  EXPECT_EQ(response.field("skiff-reason"), "guest_exit");
  EXPECT_FALSE(std::filesystem::exists(folder_ / "data" / "new"));
}

TEST_F(Files, AreClosedWithTheirRequest) {
  (void)daemon_->connect().ask(request("POST", "keeper.test", "/warm", "x"));
  const std::size_t before = daemon_->process().readings().descriptors;
  for (int i = 0; i < 50; ++i) {
    (void)daemon_->connect().ask(request("POST", "keeper.test", "/again", "x"));
  }
  EXPECT_TRUE(eventually([&] { return daemon_->process().readings().descriptors <= before; }));
}

}  // namespace
}  // namespace skiff::e2e
