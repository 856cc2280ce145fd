#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <random>

#include "deploy/catalog/sqlite.h"
#include "tests/deploy/catalog/catalog_fixture.h"
#include "tests/deploy/catalog/catalog_model.h"

namespace skiff {
namespace {

using std::chrono::steady_clock;
using testing::CatalogModel;
using testing::CatalogTest;
using testing::TemporaryDirectory;

/// How often to kill: SKIFF_CATALOG_KILLS, or 50 times.
int kills() {
  const char* text = std::getenv("SKIFF_CATALOG_KILLS");
  return text == nullptr ? 50 : std::atoi(text);
}

/// A process that opens the catalog and makes one change of the model after the other, with a byte
/// for each that was acknowledged.
class ChangingProcess {
 public:
  ChangingProcess(const std::filesystem::path& file, const std::filesystem::path& keyFile,
                  CatalogModel model) {
    if (::pipe(acknowledged_.data()) != 0) throw std::runtime_error("pipe failed");
    process_ = ::fork();
    if (process_ != 0) {
      ::close(acknowledged_[1]);
      return;
    }
    auto catalog = openCatalog(file, keyFile);
    while (catalog.has_value() && model.next()(**catalog) &&
           ::write(acknowledged_[1], "a", 1) == 1) {
    }
    ::_exit(1);
  }
  ~ChangingProcess() { ::close(acknowledged_[0]); }
  ChangingProcess(const ChangingProcess&) = delete;
  ChangingProcess& operator=(const ChangingProcess&) = delete;

  /// Waits for the first acknowledgement.
  void awaitBeginning() { receive(std::chrono::minutes(1), 1); }
  /// Kills it when that time is over. How many changes it acknowledged until then.
  std::size_t killAfter(steady_clock::duration time) {
    receive(time, SIZE_MAX);
    ::kill(process_, SIGKILL);
    int status = 0;
    ::waitpid(process_, &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status)) << "it ended by itself";
    receive(std::chrono::minutes(1), SIZE_MAX);
    return count_;
  }

 private:
  /// Counts acknowledgements until that time is over, there are as many, or the pipe ends.
  void receive(steady_clock::duration time, std::size_t most) {
    const auto end = steady_clock::now() + time;
    while (count_ < most) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - steady_clock::now());
      struct pollfd ready {
        acknowledged_[0], POLLIN, 0
      };
      if (left.count() <= 0 || ::poll(&ready, 1, static_cast<int>(left.count())) <= 0) return;
      std::array<char, 256> bytes{};
      const ssize_t got = ::read(acknowledged_[0], bytes.data(), bytes.size());
      if (got <= 0) return;
      count_ += static_cast<std::size_t>(got);
    }
  }

  std::array<int, 2> acknowledged_{};
  pid_t process_ = 0;
  std::size_t count_ = 0;
};

class AKill : public CatalogTest {
 protected:
  AKill() { close(); }

  static void expectIntegrity(const std::filesystem::path& file) {
    sqlite::Database database(file, sqlite::Database::Use::reading);
    sqlite::Statement check = database.query("PRAGMA integrity_check");
    ASSERT_TRUE(check.step());
    EXPECT_EQ(check.text(0), "ok");
    EXPECT_FALSE(database.query("PRAGMA foreign_key_check").step());
  }

  std::mt19937_64 random_{std::random_device()()};
};

TEST_F(AKill, AtAnyInstantLosesNothingThatWasAcknowledgedAndLeavesNothingHalfDone) {
  CatalogModel model(random_());
  for (int round = 0; round < kills(); ++round) {
    ChangingProcess process(file_, keyFile_, model);
    // Every fourth is killed while it starts, perhaps.
    if (round % 4 != 0) process.awaitBeginning();
    const std::size_t acknowledged =
        process.killAfter(std::chrono::microseconds(random_() % 60'000));
    for (std::size_t i = 0; i < acknowledged; ++i) model.next();

    open();
    const std::string found = testing::dumpOf(catalog());
    if (found != model.dump()) {
      model.next();  // the one in flight, as a whole
      ASSERT_EQ(found, model.dump()) << "round " << round;
    }
    close();
    expectIntegrity(file_);
  }
  EXPECT_GT(model.changes(), static_cast<std::size_t>(kills()));
}

TEST_F(AKill, DuringAFirstStartLeavesWhatTheNextStartGoesOnWith) {
  for (int round = 0; round < kills(); ++round) {
    TemporaryDirectory folder;
    const auto file = folder.path() / "catalog.db";
    const auto key = folder.path() / "secrets.key";
    CatalogModel model(random_());
    ChangingProcess process(file, key, model);
    const std::size_t acknowledged =
        process.killAfter(std::chrono::microseconds(random_() % 80'000));
    for (std::size_t i = 0; i < acknowledged; ++i) model.next();
    auto opened = openCatalog(file, key);
    ASSERT_TRUE(opened.has_value()) << opened.error().message;
    const std::string found = testing::dumpOf(**opened);
    if (found != model.dump()) {
      model.next();
      ASSERT_EQ(found, model.dump());
    }
    ASSERT_TRUE((*opened)->putTenant("test", "acme", "{}", testing::kAlways).has_value());
  }
}

}  // namespace
}  // namespace skiff
