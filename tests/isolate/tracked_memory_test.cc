// Linear memory and its resets, without V8: on plain mappings.
#include "isolate/memory/tracked_memory.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cstring>
#include <random>

namespace skiff {
namespace {

constexpr std::size_t kPage = MemoryImage::kPageSize;

/// An image whose page p is filled with p + 1, every fourth page with zeros, and memory for it.
class Region {
 public:
  explicit Region(std::size_t pages) : size_(pages * kPage) {
    std::vector<std::byte> bytes(size_);
    for (std::size_t page = 0; page < pages; ++page) {
      std::memset(&bytes[page * kPage], page % 4 == 3 ? 0 : static_cast<int>(page + 1), kPage);
    }
    image = *MemoryImage::capture(bytes);
    base = static_cast<std::byte*>(
        ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  }
  ~Region() { ::munmap(base, size_); }

  bool clean() const { return std::memcmp(base, image->data(), size_) == 0; }
  void dirty(std::size_t page) { base[page * kPage + page % kPage] ^= std::byte{0x55}; }

  std::shared_ptr<const MemoryImage> image;
  std::byte* base;

 private:
  std::size_t size_;
};

class TrackedMemoryTest : public ::testing::TestWithParam<ResetMode> {
 protected:
  TrackedMemoryTest() { TrackedMemory::installFaultHandler(); }
};

INSTANTIATE_TEST_SUITE_P(EveryMode, TrackedMemoryTest,
                         ::testing::Values(ResetMode::hot, ResetMode::scan, ResetMode::discard));

TEST_P(TrackedMemoryTest, ComesBackToItsImageWhateverIsWritten) {
  constexpr std::size_t kPages = 1024;
  Region region(kPages);
  const auto memory = *TrackedMemory::attach(region.image, region.base, GetParam(), {});
  EXPECT_TRUE(region.clean());
  std::minstd_rand random(7);
  for (const std::size_t count : {0, 1, 3, 30, 31, 32, 33, 34, 100, 1000, 5, 64, 65, 5, 5}) {
    {
      const TrackedMemory::Access access(memory.get());
      for (std::size_t i = 0; i < count; ++i) region.dirty(random() % kPages);
    }
    EXPECT_NE(memory->reset(), ResetHow::none);
    EXPECT_TRUE(region.clean()) << count << " pages";
  }
}

TEST_P(TrackedMemoryTest, ScatteredWritesAreFound) {
  constexpr std::size_t kPages = 256;
  Region region(kPages);
  const auto memory = *TrackedMemory::attach(region.image, region.base, GetParam(), {});
  for (int round = 0; round < 4; ++round) {
    {
      const TrackedMemory::Access access(memory.get());
      for (std::size_t page = 0; page < kPages; page += 9) region.dirty(page);
    }
    EXPECT_NE(memory->reset(), ResetHow::none);
    EXPECT_TRUE(region.clean());
  }
}

TEST(HotPagesTest, PagesBecomeHotAndAreHandedOn) {
  TrackedMemory::installFaultHandler();
  Region first(64);
  const auto memory = *TrackedMemory::attach(first.image, first.base, ResetMode::hot, {});
  {
    const TrackedMemory::Access access(memory.get());
    first.dirty(3);
    first.dirty(40);
  }
  EXPECT_EQ(memory->reset(), ResetHow::hot);
  EXPECT_EQ(memory->hotPages(), (HotPages{3, 40}));

  Region second(64);
  const auto other =
      *TrackedMemory::attach(second.image, second.base, ResetMode::hot, memory->hotPages());
  EXPECT_EQ(other->hotPages(), (HotPages{3, 40}));
  second.dirty(40);  // no fault: it would not be resolved outside an Access
  EXPECT_EQ(other->reset(), ResetHow::hot);
  EXPECT_TRUE(second.clean());
}

TEST(HotPagesTest, HotPagesBeyondTheImageAreIgnored) {
  Region region(4);
  const auto memory = *TrackedMemory::attach(region.image, region.base, ResetMode::hot, {2, 9999});
  EXPECT_EQ(memory->hotPages(), (HotPages{2}));
}

TEST(TrackedMemoryDeathTest, AWriteOutsideAnAccessIsAFault) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        TrackedMemory::installFaultHandler();
        Region region(4);
        const auto memory = *TrackedMemory::attach(region.image, region.base, ResetMode::hot, {});
        region.dirty(1);
      },
      "");
}

}  // namespace
}  // namespace skiff
