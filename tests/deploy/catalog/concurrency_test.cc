#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <optional>
#include <thread>

#include "deploy/catalog/sqlite.h"
#include "tests/deploy/catalog/catalog_fixture.h"

namespace skiff {
namespace {

using testing::CatalogTest;
using testing::errorOf;
using testing::ifMatches;
using testing::kAlways;

class ManyThreads : public CatalogTest {};

TEST_F(ManyThreads, LoseNoUpdateWhereEachChangesWhatItRead) {
  constexpr int kThreads = 4;
  constexpr int kUpdates = 15;
  ASSERT_TRUE(catalog().putTenant("test", "acme", "0", kAlways).has_value());
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (int done = 0; done < kUpdates;) {
        const auto read = catalog().tenant("acme");
        ASSERT_TRUE(read.has_value()) << errorOf(read);
        const std::string next = std::to_string(std::stoi(read->document) + 1);
        const auto put = catalog().putTenant("test", "acme", next, ifMatches(read->revision));
        if (put.has_value()) {
          ++done;
        } else {
          ASSERT_EQ(put.error().kind, CatalogError::Kind::changed) << errorOf(put);
        }
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(catalog().tenant("acme")->document, std::to_string(kThreads * kUpdates));
  EXPECT_EQ(catalog().audit("", 0, 1'000)->size(), 1U + kThreads * kUpdates);
}

TEST_F(ManyThreads, ReadWholeChangesOnlyWhileOthersAreMade) {
  putTenant("acme");
  putApp("acme", "web");
  addVersion("acme", "web", "v1");
  addVersion("acme", "web", "v2");
  deploy("acme", "web", {"v1", "v1"});
  std::atomic<bool> isOver{false};
  std::vector<std::thread> readers;
  for (int i = 0; i < 6; ++i) {
    readers.emplace_back([&] {
      std::int64_t last = 0;
      while (!isOver) {
        const auto current = catalog().deployment("acme", "web");
        ASSERT_TRUE(current.has_value()) << errorOf(current);
        ASSERT_GE(current->number, last);
        last = current->number;
        ASSERT_EQ(current->split.size(), 2U);
        ASSERT_EQ(current->split[0].version, current->split[1].version);
      }
    });
  }
  for (int i = 0; i < 40; ++i) {
    const char* version = i % 2 == 0 ? "v2" : "v1";
    const auto set = deploy("acme", "web", {version, version});
    EXPECT_EQ(*catalog().deployment("acme", "web"), set) << "it is seen once it is acknowledged";
  }
  isOver = true;
  for (auto& reader : readers) reader.join();
}

TEST_F(ManyThreads, WaitForAnotherProgramThatWritesToTheFile) {
  sqlite::Database other(file_, sqlite::Database::Use::writing);
  std::optional<sqlite::Transaction> transaction;
  transaction.emplace(other, sqlite::Database::Use::writing);
  auto put = std::async(std::launch::async,
                        [&] { return catalog().putTenant("test", "acme", "{}", kAlways); });
  EXPECT_EQ(put.wait_for(std::chrono::milliseconds(50)), std::future_status::timeout);
  transaction.reset();
  const auto done = put.get();
  EXPECT_TRUE(done.has_value()) << errorOf(done);
}

}  // namespace
}  // namespace skiff
