#include "isolate/files/file_io_pool.h"

#include <gmock/gmock.h>

#include <atomic>
#include <condition_variable>
#include <set>

namespace skiff::wasi {
namespace {

/// A door that work waits at until the test opens it.
class Door {
 public:
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  void pass() {
    std::unique_lock lock(mutex_);
    ++arrived_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
  }
  void awaitArrivals(int count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return arrived_ >= count; });
  }
  int arrived() {
    const std::lock_guard lock(mutex_);
    return arrived_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
  int arrived_ = 0;
};

const int kFirst = 0;
const int kSecond = 0;

TEST(FileIoPool, does_everything_once) {
  std::atomic<int> done = 0;
  {
    FileIoPool pool;
    Door last;
    for (int i = 0; i < 1'000; ++i) {
      pool.submit(i % 2 == 0 ? &kFirst : &kSecond, [&] {
        if (++done == 1'000) last.pass();
      });
    }
    last.awaitArrivals(1);
    last.open();
  }
  EXPECT_EQ(done, 1'000);
}

TEST(FileIoPool, leaves_room_for_others_beside_an_owner_whose_calls_hang) {
  FileIoPool pool(4);
  Door hung;
  for (int i = 0; i < 10; ++i) pool.submit(&kFirst, [&] { hung.pass(); });
  hung.awaitArrivals(2);
  Door other;
  other.open();
  for (int i = 0; i < 10; ++i) pool.submit(&kSecond, [&] { other.pass(); });
  other.awaitArrivals(10);
  EXPECT_EQ(hung.arrived(), 2) << "half of the threads, not more";
  EXPECT_EQ(pool.waiting(), 8u);
  hung.open();
  hung.awaitArrivals(10);
}

TEST(FileIoPool, forgets_what_has_not_begun_when_it_ends) {
  Door door;
  std::atomic<int> done = 0;
  {
    FileIoPool pool(2);
    for (int i = 0; i < 10; ++i) {
      pool.submit(&kFirst, [&] {
        door.pass();
        ++done;
      });
    }
    door.awaitArrivals(1);
    pool.stop();
    door.open();
  }
  EXPECT_EQ(done, 1);
}

}  // namespace
}  // namespace skiff::wasi
