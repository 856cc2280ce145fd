#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <fstream>

#include "deploy/catalog/schema.h"
#include "deploy/catalog/sqlite.h"
#include "tests/deploy/catalog/catalog_fixture.h"

namespace skiff {
namespace {

namespace fs = std::filesystem;

using ::testing::AllOf;
using testing::CatalogTest;
using ::testing::EndsWith;
using testing::errorOf;
using ::testing::HasSubstr;
using testing::kAlways;
using ::testing::StartsWith;
using testing::TemporaryDirectory;

class Opening : public CatalogTest {
 protected:
  std::string refusal() {
    close();
    const auto opened = tryToOpen();
    return opened.has_value() ? "no error" : opened.error().message;
  }
  void overwrite(std::string_view content) {
    close();
    folder_.write("catalog.db", content);
  }
};

TEST_F(Opening, MakesFilesThatNobodyElseMayRead) {
  putTenant("acme");
  int files = 0;
  for (const auto& entry : fs::directory_iterator(folder_.path())) {
    EXPECT_EQ(entry.status().permissions(), fs::perms::owner_read | fs::perms::owner_write)
        << entry.path();
    ++files;
  }
  EXPECT_EQ(files, 5) << "the database, its log, the log's index, the key and the lock";
}

TEST_F(Opening, SetsTheDatabaseToBeDurable) {
  sqlite::Database database(file_, sqlite::Database::Use::writing);
  EXPECT_EQ(database.integer("PRAGMA synchronous"), 2) << "FULL";
  EXPECT_EQ(database.integer("PRAGMA foreign_keys"), 1);
  sqlite::Statement mode = database.query("PRAGMA journal_mode");
  ASSERT_TRUE(mode.step());
  EXPECT_EQ(mode.text(0), "wal");
}

TEST_F(Opening, IsRefusedWhileAnotherOneHasIt) {
  const auto second = tryToOpen();
  ASSERT_TRUE(second.has_error());
  EXPECT_EQ(second.error().message, "the catalog \"" + file_.string() +
                                        "\" is in use by another skiffd (process " +
                                        std::to_string(::getpid()) +
                                        "): end that one, or give this one a folder of its own");
  const fs::path link = folder_.path() / "link";
  fs::create_directory_symlink(folder_.path(), link);
  const auto linked = openCatalog(link / "catalog.db", keyFile_);
  ASSERT_TRUE(linked.has_error()) << "by whatever name";
  EXPECT_THAT(linked.error().message, HasSubstr("is in use by another skiffd"));
  putTenant("acme");
}

TEST_F(Opening, IsRefusedToAnotherProcessUntilTheFirstIsKilled) {
  close();
  std::array<int, 2> ready{};
  ASSERT_EQ(::pipe(ready.data()), 0);
  const pid_t first = ::fork();
  if (first == 0) {
    const auto held = tryToOpen();
    const char answer = held.has_value() ? 'y' : 'n';
    if (::write(ready[1], &answer, 1) == 1) ::pause();
    ::_exit(1);
  }
  char answer = 0;
  ASSERT_EQ(::read(ready[0], &answer, 1), 1);
  EXPECT_EQ(answer, 'y');
  EXPECT_THAT(refusal(),
              HasSubstr("is in use by another skiffd (process " + std::to_string(first) + ")"));
  ::kill(first, SIGKILL);
  ::waitpid(first, nullptr, 0);
  open();
  putTenant("acme");
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST_F(Opening, GoesOnWhereAFirstStartWasInterrupted) {
  close();
  const std::string key = folder_.read("secrets.key");
  for (const auto& entry : fs::directory_iterator(folder_.path())) {
    if (entry.path() != keyFile_) fs::remove(entry.path());
  }
  folder_.write("secrets.key.part", "half a key");
  open();
  putTenant("acme");
  EXPECT_EQ(folder_.read("secrets.key"), key) << "the key was made, the database was not";
  close();
  fs::remove(keyFile_);
  folder_.write("catalog.db", "");
  open();
  EXPECT_TRUE(catalog().tenants("", 9)->empty()) << "an empty file is a new one";
  EXPECT_NE(folder_.read("secrets.key"), key);
  EXPECT_FALSE(fs::exists(folder_.path() / "secrets.key.part"));
}

TEST_F(Opening, NeedsAFolder) {
  const auto opened = openCatalog(folder_.path() / "none" / "catalog.db", keyFile_);
  ASSERT_TRUE(opened.has_error());
  EXPECT_THAT(opened.error().message, EndsWith("No such file or directory"));
  const auto folder = openCatalog(folder_.path(), keyFile_);
  ASSERT_TRUE(folder.has_error());
  EXPECT_THAT(folder.error().message, HasSubstr("cannot be opened"));
  fs::remove(folder_.path().string() + ".lock");
}

TEST_F(Opening, IsRefusedWhereTheKeyCannotBeMade) {
  const auto opened =
      openCatalog(folder_.path() / "other.db", folder_.path() / "none" / "secrets.key");
  ASSERT_TRUE(opened.has_error());
  EXPECT_THAT(opened.error().message, AllOf(HasSubstr("cannot make"), HasSubstr("secrets.key")));
}

TEST_F(Opening, RefusesWhatIsNoDatabase) {
  overwrite(std::string(10'000, 'x'));
  EXPECT_THAT(refusal(), AllOf(StartsWith("the catalog \"" + file_.string() + "\" is damaged"),
                               EndsWith("restore it from a backup")));
  EXPECT_EQ(folder_.read("catalog.db"), std::string(10'000, 'x')) << "it stays as it is";
}

TEST_F(Opening, RefusesADatabaseOfAnotherProgram) {
  overwrite("");
  sqlite::Database(file_, sqlite::Database::Use::writing).script("CREATE TABLE things (x)");
  EXPECT_THAT(refusal(),
              EndsWith("is a database of another program: give skiff a file of its own"));
  sqlite::Database(file_, sqlite::Database::Use::writing).script("PRAGMA application_id = 7");
  EXPECT_THAT(refusal(),
              EndsWith("is a database of another program: give skiff a file of its own"));
}

TEST_F(Opening, RefusesTheCatalogOfANewerSkiffAndLeavesItAsItIs) {
  putTenant("acme");
  close();
  const std::size_t newest = catalogMigrations().size();
  sqlite::Database(file_, sqlite::Database::Use::writing)
      .script("PRAGMA user_version = " + std::to_string(newest + 1));
  const std::string before = folder_.read("catalog.db");
  EXPECT_THAT(refusal(), HasSubstr("was written by a newer skiff (its format is " +
                                   std::to_string(newest + 1) + ", this skiff knows up to " +
                                   std::to_string(newest) + "): run that one"));
  EXPECT_EQ(folder_.read("catalog.db"), before);
}

TEST_F(Opening, BringsACatalogUpToDateStepByStep) {
  TemporaryDirectory folder;
  folder.write("some.db", "");
  sqlite::Database database(folder.path() / "some.db", sqlite::Database::Use::writing);
  std::vector<std::string_view> steps{"CREATE TABLE a (x); INSERT INTO a VALUES (1)"};
  ASSERT_TRUE(migrate(database, steps).has_value());
  EXPECT_EQ(database.integer("PRAGMA user_version"), 1);

  steps.push_back("CREATE TABLE b AS SELECT x + 1 AS y FROM a; DROP TABLE a");
  steps.push_back("CREATE TABLE c (z); CREATE TABLE b (twice)");
  EXPECT_THROW(static_cast<void>(migrate(database, steps)), sqlite::Failure);
  EXPECT_EQ(database.integer("PRAGMA user_version"), 2) << "the last step is undone as a whole";
  EXPECT_EQ(database.integer("SELECT y FROM b"), 2);
  EXPECT_EQ(database.integer("SELECT count(*) FROM sqlite_schema WHERE name IN ('a', 'c')"), 0);
  steps.back() = "CREATE TABLE c (z)";
  ASSERT_TRUE(migrate(database, steps).has_value());
  EXPECT_EQ(database.integer("PRAGMA user_version"), 3);
  ASSERT_TRUE(migrate(database, steps).has_value()) << "nothing is left to do";
  steps.pop_back();
  EXPECT_TRUE(migrate(database, steps).has_error());
}

/// A catalog as the first format had it.
void makeFirstCatalog(const std::filesystem::path& file, const std::string& rows) {
  std::ofstream(file).flush();
  sqlite::Database database(file, sqlite::Database::Use::writing);
  ASSERT_TRUE(migrate(database, catalogMigrations().first(1)).has_value());
  database.script(rows);
}

TEST_F(Opening, KnowsTheModulesOfAnOlderCatalogByTheirSizes) {
  close();
  std::filesystem::remove(file_);
  makeFirstCatalog(file_,
                   "INSERT INTO tenants VALUES ('acme', '{}', 1, 1, 0, 0);"
                   "INSERT INTO apps VALUES ('acme', 'web', '{}', '', 2, 0, 0);"
                   "INSERT INTO versions VALUES ('acme', 'web', 'v1', 'd', 'module', 120, 'tree',"
                   " '', 'wasi', '', 'unchecked', '', 3, 0, 'test');"
                   "INSERT INTO version_blobs VALUES ('acme', 'web', 'v1', 0, 'd'),"
                   " ('acme', 'web', 'v1', 1, 'module')");
  open();
  EXPECT_EQ(*catalog().contentBytes("acme", {}), 120U);
  EXPECT_EQ(catalog().version("acme", "web", "v1")->tree, "tree");
}

TEST_F(Opening, KnowsOfAnOlderCatalogWhichTokenWasMadeWithWhich) {
  close();
  std::filesystem::remove(file_);
  makeFirstCatalog(file_,
                   "INSERT INTO tokens VALUES ('1', x'01', 'operator', NULL, '', 1, 0, 0),"
                   " ('2', x'02', 'operator', NULL, '', 2, 0, 0),"
                   " ('3', x'03', 'operator', NULL, '', 3, 0, 0);"
                   "INSERT INTO audit VALUES (1, 0, 'skiffd', 'token.add', '', '', '1', '', '{}'),"
                   " (2, 0, 'token 1', 'token.add', '', '', '2', '', '{}'),"
                   " (3, 0, 'token gone', 'token.add', '', '', '3', '', '{}');"
                   "UPDATE catalog SET revision = 3");
  open();
  EXPECT_EQ(catalog().token("1")->parent, "");
  EXPECT_EQ(catalog().token("2")->parent, "1");
  EXPECT_EQ(catalog().token("3")->parent, "");
  ASSERT_TRUE(catalog().deleteToken("test", "1").has_value());
  EXPECT_EQ(catalog().tokens("")->size(), 1U);
}

TEST_F(Opening, TellsDamageWhereverItIs) {
  alter("INSERT INTO tenants SELECT value, '" + std::string(300, 'd') +
        "', value, value, 0, 0 FROM " + testing::numbers(1, 2'000));
  close();
  const std::string whole = folder_.read("catalog.db");
  ASSERT_GT(whole.size(), 500'000U);
  for (std::size_t page = 0; page < whole.size(); page += whole.size() / 9 / 4096 * 4096) {
    std::string damaged = whole;
    damaged.replace(page, 4096, 4096, '\x5A');
    overwrite(damaged);
    EXPECT_THAT(refusal(), AllOf(HasSubstr("is damaged ("), EndsWith("restore it from a backup")))
        << "page at " << page;
  }
  overwrite(whole.substr(0, whole.size() / 2));
  EXPECT_THAT(refusal(), HasSubstr("is damaged ("));
  overwrite(whole);
  open();
  EXPECT_EQ(catalog().tenants("", 9'999)->size(), 2'000U);
}

TEST_F(Opening, FindsAPrefixOfTheChangesInALogThatWasCutAnywhere) {
  for (int i = 0; i < 40; ++i) putTenant("t" + std::to_string(i));
  const std::string database = folder_.read("catalog.db");
  const std::string log = folder_.read("catalog.db-wal");
  const std::string key = folder_.read("secrets.key");
  close();
  std::size_t most = 0;
  for (std::size_t size = 0; size <= log.size(); size += 9'001) {
    TemporaryDirectory copy;
    copy.write("catalog.db", database);
    copy.write("catalog.db-wal", log.substr(0, size));
    const auto opened = openCatalog(copy.path() / "catalog.db", copy.path() / "secrets.key");
    ASSERT_TRUE(opened.has_value()) << opened.error().message;
    const std::size_t tenants = (*opened)->tenants("", 100)->size();
    const auto audit = (*opened)->audit("", 0, 100);
    EXPECT_EQ(audit->size(), tenants);
    for (std::size_t i = 0; i < tenants; ++i) {
      EXPECT_TRUE((*opened)->tenant("t" + std::to_string(i)).has_value());
    }
    EXPECT_GE(tenants, most);
    most = tenants;
  }
  EXPECT_GE(most, 38U);
}

class AFullDisk : public Opening {
 protected:
  /// Puts tenants until one is refused for the disk; how many there are.
  std::size_t fill(Catalog& catalog) {
    const std::string document(1'000, 'd');
    for (std::size_t i = 0; i < 10'000; ++i) {
      const auto put = catalog.putTenant("test", "t" + std::to_string(i), document, kAlways);
      if (put.has_error()) {
        EXPECT_THAT(errorOf(put), AllOf(StartsWith("storage: the catalog \""),
                                        HasSubstr("\" cannot be changed: ")));
        return i;
      }
    }
    ADD_FAILURE() << "the disk never filled up";
    return 0;
  }
  static void expectExactly(std::size_t count, Catalog& catalog) {
    EXPECT_EQ(catalog.tenants("", 99'999)->size(), count);
    EXPECT_EQ(catalog.audit("", 0, 99'999)->size(), count);
  }
};

TEST_F(AFullDisk, RefusesChangesAndLosesNone) {
  // Writes beyond a size fail, as they do when there is no room; the process is not to die of it.
  const auto handler = ::signal(SIGXFSZ, SIG_IGN);
  struct rlimit before {};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const struct rlimit tight { 500'000, before.rlim_max };
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &tight), 0);
  const std::size_t count = fill(catalog());
  const auto read = catalog().tenant("t0");
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  ::signal(SIGXFSZ, handler);

  EXPECT_TRUE(read.has_value()) << "what is there can be read meanwhile";
  EXPECT_GT(count, 10U);
  expectExactly(count, catalog());
  putTenant("there is room again");
  reopen();
  expectExactly(count + 1, catalog());
}

TEST_F(AFullDisk, RefusesAFirstStartAndLetsTheNextOneSucceed) {
  TemporaryDirectory disk;
  if (::mount("tmpfs", disk.path().c_str(), "tmpfs", 0, "size=1m") != 0) {
    GTEST_SKIP() << "needs to mount a file system";
  }
  const fs::path file = disk.path() / "catalog.db";
  const fs::path key = disk.path() / "secrets.key";
  {
    disk.write("ballast", std::string(1 << 20, 'x'));
    const auto opened = openCatalog(file, key);
    EXPECT_TRUE(opened.has_error());
    EXPECT_THAT(opened.has_error() ? opened.error().message : "", HasSubstr("No space left"));
    fs::remove(disk.path() / "ballast");
    auto again = openCatalog(file, key);
    ASSERT_TRUE(again.has_value()) << again.error().message;
    const std::size_t count = fill(**again);
    expectExactly(count, **again);
    again = Error{};
    again = openCatalog(file, key);
    EXPECT_TRUE(again.has_value()) << again.error().message;
    if (again.has_value()) expectExactly(count, **again);
  }
  EXPECT_EQ(::umount2(disk.path().c_str(), MNT_DETACH), 0);
}

}  // namespace
}  // namespace skiff
