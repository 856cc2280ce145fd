#include "config/read_limits.h"

namespace skiff {
namespace {

constexpr std::chrono::milliseconds kShortestTime{1};
constexpr ByteSize kLeastHeap = 16_MiB;
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
  table.size("request_body", ByteSize(0), LimitCeilings::kBody, limits.requestBody);
  table.size("response_body", ByteSize(0), LimitCeilings::kBody, limits.responseBody);
  table.milliseconds("queue_ms", std::chrono::milliseconds(0), LimitCeilings::kQueue, limits.queue);
  table.size("heap", kLeastHeap, LimitCeilings::kHeap, limits.heap);
  table.integer("cpu_share", 0U, LimitCeilings::kCpuShare, limits.cpuShare);
  table.milliseconds("cpu_burst_ms", kShortestTime, LimitCeilings::kCpuBurst, limits.cpuBurst);
  table.integer("weight", 1U, LimitCeilings::kWeight, limits.weight);
  table.size("memory_total", kWasmPage, LimitCeilings::kMemoryTotal, limits.memoryTotal);
  table.integer("concurrency", 1U, LimitCeilings::kConcurrency, limits.concurrency);
  table.integer("rate", 0U, LimitCeilings::kRate, limits.rate);
  table.integer("rate_burst", 0U, LimitCeilings::kRate, limits.rateBurst);
  table.size("io_bytes_per_s", ByteSize(0), LimitCeilings::kIoBytesPerSecond,
             limits.ioBytesPerSecond);
  table.integer("io_ops_per_s", 0U, LimitCeilings::kIoOpsPerSecond, limits.ioOpsPerSecond);
  table.size("log_bytes_per_s", ByteSize(0), LimitCeilings::kLogBytesPerSecond,
             limits.logBytesPerSecond);
  table.finish();
  return limits;
}

}  // namespace skiff
