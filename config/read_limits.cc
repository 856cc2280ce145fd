#include "config/read_limits.h"

namespace skiff {
namespace {

constexpr std::chrono::milliseconds kShortestTime{1};
constexpr ByteSize kWasmPage = 64_KiB;  // WebAssembly core specification, section 4.2.8

}  // namespace

Limits readLimits(TableReader table, const Limits& inherited) {
  Limits limits = inherited;
  table.milliseconds("cpu_ms", kShortestTime, LimitCeilings::kCpu, limits.cpu);
  table.milliseconds("wall_ms", kShortestTime, LimitCeilings::kWall, limits.wall);
  table.size("memory", kWasmPage, LimitCeilings::kMemory, limits.memory);
  if (const std::uint64_t rest = limits.memory.bytes() % kWasmPage.bytes(); rest != 0) {
    const ByteSize below(limits.memory.bytes() - rest);
    const ByteSize above(below.bytes() + kWasmPage.bytes());
    table.report(table.where("memory"),
                 "memory must be a multiple of 64KiB, the size of a WebAssembly page; the nearest "
                 "are \"" +
                     below.text() + "\" and \"" + above.text() + "\"");
    limits.memory = inherited.memory;
  }
  table.size("request_body", ByteSize(0), LimitCeilings::kRequestBody, limits.requestBody);
  table.integer("concurrency", std::uint32_t{1}, LimitCeilings::kConcurrency, limits.concurrency);
  table.finish();
  return limits;
}

}  // namespace skiff
