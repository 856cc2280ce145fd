#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <deque>

#include "isolate/abi/growth.h"
#include "quota/quotas.h"
#include "tests/isolate/wasi_guest.h"

namespace skiff::testing {
namespace {

using wasi::Errno;
using OpenOptions = WasiGuest::OpenOptions;

/// File I/O that the test drives: work and its end happen when it says so.
class ManualFileIo final : public wasi::FileIo {
 public:
  void submit(Owner, std::function<void()> work, std::function<void()> done) override {
    work_.push_back(std::move(work));
    done_.push_back(std::move(done));
  }
  std::size_t waiting() const { return work_.size(); }
  void doWork() {
    for (; !work_.empty(); work_.pop_front()) work_.front()();
  }
  void comeBack() {
    for (; !done_.empty(); done_.pop_front()) done_.front()();
  }

 private:
  std::deque<std::function<void()>> work_;
  std::deque<std::function<void()>> done_;
};

class WasiFileWait : public ::testing::Test {
 protected:
  WasiFileWait() {
    guest_.request = std::make_unique<FakeExchange>();
    guest_.fileIo = &io_;
    guest_.grant(directory_.path(), "/", true);
  }

  /// Calls, and again once file I/O is done if the guest has to wait for that.
  Errno call(std::string_view name, std::initializer_list<std::uint64_t> arguments) {
    HostResult result = guest_.call(name, arguments);
    waited_ = 0;
    while (result.kind() == HostResult::Kind::wait) {
      ++waited_;
      EXPECT_EQ(guest_.request->waits(), kWaitFile);
      io_.doWork();
      io_.comeBack();
      EXPECT_EQ(guest_.request->signalled, kWaitFile);
      result = guest_.call(name, arguments);
    }
    return static_cast<Errno>(result.get());
  }
  Errno open(std::string_view path, std::uint32_t flags) {
    return call("path_open", {3, 0, guest_.put(path), path.size(), flags, wasi::kFileRights,
                              ~wasi::Rights{0}, 0, WasiGuest::kResult});
  }

  TemporaryDirectory directory_;
  ManualFileIo io_;
  WasiGuest guest_;
  int waited_ = 0;
};

TEST_F(WasiFileWait, holds_for_what_changes_the_disk) {
  ASSERT_EQ(open("new", wasi::kCreate), Errno::success);
  EXPECT_EQ(waited_, 1);
  const std::uint32_t file = guest_.result();
  const std::uint32_t text = guest_.put("written elsewhere");
  EXPECT_EQ(call("fd_write", {file, guest_.iovecs({{text, 17}}), 1, WasiGuest::kResult}),
            Errno::success);
  EXPECT_EQ(waited_, 1);
  EXPECT_EQ(guest_.result(), 17u);
  EXPECT_EQ(directory_.read("new"), "written elsewhere");
  EXPECT_EQ(call("fd_sync", {file}), Errno::success);
  EXPECT_EQ(waited_, 1);
  EXPECT_EQ(call("path_unlink_file", {3, guest_.put("new"), 3}), Errno::success);
  EXPECT_EQ(waited_, 1);
  EXPECT_FALSE(std::filesystem::exists(directory_.path() / "new"));
}

TEST_F(WasiFileWait, brings_errors_back) {
  EXPECT_EQ(call("path_remove_directory", {3, guest_.put("none"), 4}), Errno::noent);
  EXPECT_EQ(waited_, 1);
  directory_.write("file", "");
  EXPECT_EQ(call("path_create_directory", {3, guest_.put("file"), 4}), Errno::exist);
}

/// Whether the file system can say that it has something in memory.
bool answersFromMemory(const std::filesystem::path& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  char byte = 0;
  const iovec into{&byte, 1};
  const bool answers = ::preadv2(file, &into, 1, 0, RWF_NOWAIT) == 1;
  ::close(file);
  return answers;
}

TEST_F(WasiFileWait, does_not_hold_for_what_memory_has) {
  const std::string content(200'000, 'x');
  directory_.write("file", content);
  ASSERT_EQ(directory_.read("file"), content);  // now it is in the caches
  if (!answersFromMemory(directory_.path() / "file")) GTEST_SKIP() << "no RWF_NOWAIT here";
  ASSERT_EQ(open("file", 0), Errno::success);
  EXPECT_EQ(waited_, 0);
  const std::uint32_t file = guest_.result();
  const std::uint32_t address = guest_.put(std::string(250'000, '\0'));
  ASSERT_EQ(call("fd_read", {file, guest_.iovecs({{address, 100}, {address + 100, 249'900}}), 2,
                             WasiGuest::kResult}),
            Errno::success);
  EXPECT_EQ(waited_, 0);
  EXPECT_EQ(guest_.result(), content.size());
  EXPECT_EQ(guest_.memory.text(address, content.size()), content);
}

TEST_F(WasiFileWait, goes_on_when_woken_for_nothing) {
  const std::uint32_t path = guest_.put("made");
  HostResult result = guest_.call("path_create_directory", {3, path, 4});
  ASSERT_EQ(result.kind(), HostResult::Kind::wait);
  result = guest_.call("path_create_directory", {3, path, 4});
  ASSERT_EQ(result.kind(), HostResult::Kind::wait);
  EXPECT_EQ(io_.waiting(), 1u);
  io_.doWork();
  result = guest_.call("path_create_directory", {3, path, 4});
  ASSERT_EQ(result.kind(), HostResult::Kind::wait);  // done, but the loop has not heard of it
  io_.comeBack();
  result = guest_.call("path_create_directory", {3, path, 4});
  ASSERT_EQ(result.kind(), HostResult::Kind::value);
  EXPECT_EQ(static_cast<Errno>(result.get()), Errno::success);
}

TEST_F(WasiFileWait, is_not_done_for_a_request_that_is_gone) {
  directory_.write("file", "");
  const std::uint32_t path = guest_.put("file");
  ASSERT_EQ(guest_.call("path_unlink_file", {3, path, 4}).kind(), HostResult::Kind::wait);
  guest_.end();
  guest_.request.reset();
  io_.doWork();
  io_.comeBack();
  EXPECT_TRUE(std::filesystem::exists(directory_.path() / "file"));
}

TEST_F(WasiFileWait, may_outlive_its_request) {
  directory_.write("file", "");
  const std::uint32_t path = guest_.put("file");
  ASSERT_EQ(guest_.call("path_unlink_file", {3, path, 4}).kind(), HostResult::Kind::wait);
  io_.doWork();
  guest_.end();
  guest_.request.reset();
  io_.comeBack();
  EXPECT_FALSE(std::filesystem::exists(directory_.path() / "file"));
}

/// The last to let go of a deleted file frees its blocks, which takes as long as it is large.
TEST_F(WasiFileWait, is_let_go_of_elsewhere_when_that_may_take_long) {
  directory_.write("read", "");
  directory_.write("gone", "");
  ASSERT_EQ(open("read", 0), Errno::success);
  const std::uint32_t written = guest_.result();  // it may be written, too
  ASSERT_EQ(guest_.errorOf("fd_close", {written}), Errno::success);
  EXPECT_EQ(io_.waiting(), 1u);
  io_.doWork();

  const auto readOnly = [&](std::string_view name) {
    EXPECT_EQ(call("path_open", {3, 0, guest_.put(name), name.size(), 0, wasi::kFdRead, 0, 0,
                                 WasiGuest::kResult}),
              Errno::success);
    return guest_.result();
  };
  ASSERT_EQ(guest_.errorOf("fd_close", {readOnly("read")}), Errno::success);
  EXPECT_EQ(io_.waiting(), 0u);
  const std::uint32_t gone = readOnly("gone");
  std::filesystem::remove(directory_.path() / "gone");
  ASSERT_EQ(guest_.errorOf("fd_close", {gone}), Errno::success);
  EXPECT_EQ(io_.waiting(), 1u);
}

/// The thread for file I/O must not let go of what is in memory.
TEST_F(WasiFileWait, never_holds_files_in_memory) {
  directory_.write("file", "");
  guest_.settings.temporary = true;
  const std::uint32_t name = guest_.put("file");
  EXPECT_EQ(guest_.errorOf("path_rename", {3, name, 4, 4, name, 4}), Errno::xdev);
  EXPECT_EQ(guest_.errorOf("path_link", {3, 0, name, 4, 4, name, 4}), Errno::xdev);
  EXPECT_EQ(guest_.errorOf("path_rename", {4, name, 4, 3, name, 4}), Errno::xdev);
  EXPECT_EQ(io_.waiting(), 0u);
}

TEST(WasiOpenFiles, are_bounded_for_a_tenant_and_for_all) {
  TemporaryDirectory directory;
  directory.write("file", "");
  wasi::OpenFileBudget all(6);
  wasi::OpenFileBudget first(4, &all);
  wasi::OpenFileBudget second(4, &all);
  const auto opened = [&](WasiGuest& guest, wasi::OpenFileBudget& share) {
    guest.settings.openFiles = &share;
    guest.grant(directory.path(), "/", false);
    int files = 0;
    while (files < 10 && guest.open("file") == Errno::success) ++files;
    EXPECT_EQ(guest.open("file"), Errno::nfile);
    return files;
  };
  {
    WasiGuest one;
    EXPECT_EQ(opened(one, first), 3);  // and the directory
    WasiGuest other;
    EXPECT_EQ(opened(other, second), 1);
  }
  EXPECT_EQ(all.open(), 0u);
  EXPECT_EQ(first.open(), 0u);
  WasiGuest again;
  EXPECT_EQ(opened(again, second), 3);
}

TEST(WasiInitialisation, changes_no_file_where_it_would_hold_up_a_shard) {
  TemporaryDirectory directory;
  directory.write("file", "content");
  WasiGuest guest;
  guest.grant(directory.path(), "/", true);
  guest.context().setOnShard();
  EXPECT_EQ(guest.open("file"), Errno::success);
  EXPECT_EQ(guest.read(guest.result(), 10), "content");
  EXPECT_EQ(guest.open("new", {.flags = wasi::kCreate, .rights = wasi::kFileRights}),
            Errno::notsup);
  EXPECT_EQ(guest.errorOf("path_unlink_file", {3, guest.put("file"), 4}), Errno::notsup);
  EXPECT_TRUE(std::filesystem::exists(directory.path() / "file"));
}

TEST(WasiTemporary, is_empty_writable_and_each_request_s_own) {
  for (int request = 0; request < 2; ++request) {
    WasiGuest guest;
    guest.settings.temporary = true;
    ASSERT_EQ(guest.open("file"), Errno::noent);
    ASSERT_EQ(guest.open("file", {.flags = wasi::kCreate, .rights = wasi::kFileRights}),
              Errno::success);
    const std::uint32_t file = guest.result();
    EXPECT_EQ(guest.write(file, "text").get(), 0);
    EXPECT_EQ(guest.errorOf("fd_seek", {file, 0, 0, 64}), Errno::success);
    EXPECT_EQ(guest.read(file, 10), "text");
  }
}

TEST(WasiTemporary, comes_behind_the_granted_directories_under_its_name) {
  TemporaryDirectory directory;
  WasiGuest guest;
  guest.settings.temporary = true;
  guest.grant(directory.path(), "/", false);
  ASSERT_EQ(guest.errorOf("fd_prestat_dir_name", {4, 512, 4}), Errno::success);
  EXPECT_EQ(guest.memory.text(512, 4), "/tmp");
  EXPECT_EQ(guest.errorOf("fd_prestat_get", {5, 512}), Errno::badf);
  EXPECT_EQ(guest.errorOf("path_rename", {4, guest.put("a"), 1, 3, guest.put("b"), 1}),
            Errno::notcapable);  // 3 is read-only
}

TEST(WasiTemporary, counts_as_the_guest_s_own_memory) {
  WasiGuest guest;
  guest.settings.temporary = true;
  guest.settings.memory = ByteSize((4 << 20) + (1 << 20));  // the memory itself, and a MiB
  ASSERT_EQ(guest.open("file", {.flags = wasi::kCreate, .rights = wasi::kFileRights}),
            Errno::success);
  const std::uint32_t file = guest.result();
  const std::uint32_t chunk = guest.put(std::string(64 << 10, 'x'));
  const std::uint32_t buffers = guest.iovecs({{chunk, 64 << 10}});
  std::size_t written = 0;
  Errno error = Errno::success;
  while (written < (2 << 20)) {
    error = guest.errorOf("fd_write", {file, buffers, 1, 64});
    if (error != Errno::success) break;
    written += guest.result();
  }
  EXPECT_EQ(error, Errno::nospc);
  EXPECT_GT(written, 900u << 10);
  EXPECT_LT(written, 1u << 20);
  EXPECT_FALSE(guest.context().overMemory());
  guest.memory.grow(5 << 20);
  EXPECT_TRUE(guest.context().overMemory());
  ASSERT_EQ(guest.errorOf("fd_filestat_set_size", {file, 0}), Errno::success);
  guest.memory.grow(4 << 20);
  EXPECT_FALSE(guest.context().overMemory());
}

/// A guest that was prepared for so much memory, of an app whose limit changes.
class ALimitOnMemory : public ::testing::Test {
 protected:
  ALimitOnMemory() {
    guest.settings.temporary = true;
    guest.settings.memory = 8_MiB;  // 4 MiB is its memory itself
    guest.settings.quota = std::make_shared<AppQuota>(
        std::make_shared<TenantQuota>("acme", Limits()), "hello", Limits());
    set(8_MiB);
  }
  void set(ByteSize memory) {
    Limits limits;
    limits.memory = memory;
    guest.settings.quota->limits.set(limits);
  }
  bool mayGrow(std::uint32_t pages) {
    return growthModule().functions[0].call(guest.context(), &pages).get() == 1;
  }
  /// How much went.
  std::size_t write(std::uint32_t file, std::size_t size) {
    constexpr std::size_t kPart = 64 << 10;
    if (buffers == 0) buffers = guest.iovecs({{guest.put(std::string(kPart, 'x')), kPart}});
    std::size_t written = 0;
    while (written < size) {
      if (guest.errorOf("fd_write", {file, buffers, 1, 64}) != Errno::success) break;
      written += guest.result();
    }
    return written;
  }

  WasiGuest guest;
  std::uint32_t buffers = 0;
};

TEST_F(ALimitOnMemory, HoldsAtTheNextGrowthOnceItIsLowered) {
  EXPECT_TRUE(mayGrow(64));
  EXPECT_FALSE(mayGrow(65));
  set(5_MiB);
  EXPECT_TRUE(mayGrow(16));
  EXPECT_FALSE(mayGrow(17));
  set(2_MiB);
  EXPECT_FALSE(mayGrow(1)) << "it has more already";
  set(16_MiB);
  EXPECT_TRUE(mayGrow(64));
  EXPECT_FALSE(mayGrow(65)) << "what it was prepared for stays the most";
}

TEST_F(ALimitOnMemory, HoldsForFilesInMemory) {
  ASSERT_EQ(guest.open("file", {.flags = wasi::kCreate, .rights = wasi::kFileRights}),
            Errno::success);
  const std::uint32_t file = guest.result();
  EXPECT_EQ(write(file, 2 << 20), 2U << 20);
  set(5_MiB);
  EXPECT_TRUE(guest.context().overMemory()) << "the guest is ended at its next call";
  ASSERT_EQ(guest.errorOf("fd_filestat_set_size", {file, 0}), Errno::success);
  EXPECT_FALSE(guest.context().overMemory());
  EXPECT_LT(write(file, 2 << 20), 1U << 20);
}

}  // namespace
}  // namespace skiff::testing
