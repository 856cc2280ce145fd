// Reset: what bringing linear memory back to its image costs, by how it is done and by how many
// pages a request dirtied, pages of data or (as stack and heap are) of zeros. Only the reset is
// timed, not the writing.
#include <benchmark/benchmark.h>
#include <sys/mman.h>

#include "isolate/memory/tracked_memory.h"
#include "quota/cycle_clock.h"

namespace skiff {
namespace {

constexpr std::size_t kPage = MemoryImage::kPageSize;
constexpr std::size_t kMemory = std::size_t{2} << 20;  // a typical guest's linear memory

enum class Content { data, zeros };

void resetMemory(benchmark::State& state, ResetMode mode, Content content) {
  TrackedMemory::installFaultHandler();
  const auto pages = static_cast<std::size_t>(state.range(0));
  std::vector<std::byte> bytes(kMemory, std::byte{content == Content::data});
  const auto image = *MemoryImage::capture(bytes);
  auto* const base = static_cast<std::byte*>(
      ::mmap(nullptr, kMemory, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  const auto memory = *TrackedMemory::attach(image, base, mode, {});
  (void)cyclesToTime(0);
  std::size_t counts[kResetHowCount] = {};
  for (auto _ : state) {
    {
      const TrackedMemory::Access access(memory.get());
      for (std::size_t page = 0; page < pages; ++page) base[page * kPage] = std::byte{2};
    }
    const std::uint64_t start = readCycles();
    const ResetHow how = memory->reset();
    const std::uint64_t end = readCycles();
    ++counts[static_cast<std::size_t>(how)];
    state.SetIterationTime(static_cast<double>(cyclesToTime(end - start).count()) * 1e-9);
  }
  std::size_t most = 0;
  for (std::size_t how = 1; how < kResetHowCount; ++how) {
    if (counts[how] > counts[most]) most = how;
  }
  state.SetLabel(std::string("by ") + resetWord(static_cast<ResetHow>(most)));
  ::munmap(base, kMemory);
}

#define RESET_BENCHMARK(mode, content)                                                \
  BENCHMARK_CAPTURE(resetMemory, mode##_##content, ResetMode::mode, Content::content) \
      ->Arg(1)                                                                        \
      ->Arg(16)                                                                       \
      ->Arg(64)                                                                       \
      ->Arg(256)                                                                      \
      ->UseManualTime()
RESET_BENCHMARK(hot, data);
RESET_BENCHMARK(hot, zeros);
RESET_BENCHMARK(scan, data);
RESET_BENCHMARK(scan, zeros);
RESET_BENCHMARK(discard, data);

}  // namespace
}  // namespace skiff

BENCHMARK_MAIN();
