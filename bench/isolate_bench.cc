// Instances and isolates: what a cold start is made of, and what a call into a guest costs.
#include <benchmark/benchmark.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <optional>

#include "isolate/addon_entry.h"
#include "isolate/compiler.h"
#include "isolate/engine.h"
#include "isolate/guest_isolate.h"
#include "isolate/guest_place.h"
#include "isolate/guest_run.h"
#include "isolate/instance.h"
#include "isolate/instance_budget.h"
#include "isolate/instance_pool.h"
#include "isolate/memory/tracked_memory.h"
#include "isolate/nursery.h"
#include "tests/isolate/fake_exchange.h"
#include "tests/isolate/test_run.h"

namespace skiff {
namespace {

Engine* theEngine = nullptr;

class SilentLog final : public GuestLog {
 public:
  void write(LogLevel, std::string_view, std::string_view) override {}
  bool enabled(LogLevel) const override { return false; }
};

/// One shard's worth of engine on this thread.
struct Bed {
  Bed() { TrackedMemory::installFaultHandler(); }

  std::shared_ptr<const PreparedModule> prepare(const char* guest) {
    std::ifstream file(std::filesystem::path(SKIFF_GUESTS) / guest, std::ios::binary);
    const std::vector<std::uint8_t> bytes{std::istreambuf_iterator<char>(file), {}};
    PrepareRequest request;
    request.bytes = bytes;
    request.settings.arguments = {"bench"};
    request.settings.log = &log;
    InProcessCompiler compiler(*theEngine);
    auto prepared = prepareModule(*theEngine, watchdog, compiler, std::move(request));
    if (prepared.has_error()) throw std::runtime_error(prepared.error().text());
    return *prepared;
  }
  static Instance* acquire(InstancePool& pool) {
    ColdStart cold;
    Reason refusal = Reason::none;
    std::string error;
    Instance* const instance = pool.acquire(cold, refusal, error);
    if (!instance) throw std::runtime_error(error);
    return instance;
  }

  SilentLog log;
  Watchdog watchdog;
  Nursery nursery{*theEngine, 8};
  Nursery noNursery{*theEngine, 0};
  InstanceBudget budget;
  GuestPlace place{watchdog};
  ShardEngine shard{nursery, budget, ResetMode::automatic};
};

void newInstance(benchmark::State& state) {
  Bed bed;
  InstancePool pool(bed.shard, bed.prepare("hello_wat.wasm"), {.min = 0, .max = 8});
  pool.release(Bed::acquire(pool), InstanceFate::returned);
  Instance* const held = Bed::acquire(pool);
  for (auto _ : state) {
    Instance* const instance = Bed::acquire(pool);
    state.PauseTiming();
    pool.release(instance, InstanceFate::broken);
    state.ResumeTiming();
  }
  pool.release(held, InstanceFate::returned);
}
BENCHMARK(newInstance)->Iterations(2000);

void newIsolateFromNursery(benchmark::State& state) {
  Bed bed;
  std::vector<std::unique_ptr<GuestIsolate>> taken;
  for (auto _ : state) {
    state.PauseTiming();
    taken.clear();
    bed.nursery.waitUntilFull();
    state.ResumeTiming();
    taken.push_back(bed.nursery.take());
  }
}
BENCHMARK(newIsolateFromNursery)->Iterations(100);

void newIsolateWithoutNursery(benchmark::State& state) {
  Bed bed;
  std::vector<std::unique_ptr<GuestIsolate>> taken;
  for (auto _ : state) {
    taken.push_back(bed.noNursery.take());
    state.PauseTiming();
    taken.clear();
    state.ResumeTiming();
  }
}
BENCHMARK(newIsolateWithoutNursery)->Iterations(100);

/// The first request of a version that is known and not loaded: isolate, module, instance, answer.
void coldStart(benchmark::State& state) {
  Bed bed;
  const auto module = bed.prepare("hello_wat.wasm");
  for (auto _ : state) {
    state.PauseTiming();
    bed.nursery.waitUntilFull();
    {
      InstancePool pool(bed.shard, module, {.min = 0, .max = 8});
      testing::FakeExchange exchange;
      state.ResumeTiming();
      testing::TestRun run(bed.shard, pool, *Bed::acquire(pool), exchange,
                           {std::chrono::seconds(1), std::chrono::steady_clock::time_point::max()});
      run.start();
      state.PauseTiming();
    }
    state.ResumeTiming();
  }
}
BENCHMARK(coldStart)->Iterations(200);

/// Into a guest, two host functions, and back: without request, reset or watchdog.
void callGuest(benchmark::State& state, GuestCall::Entry kind) {
  Bed bed;
  const auto module = bed.prepare("hello_wat.wasm");
  InstancePool pool(bed.shard, module, {.min = 0, .max = 1});
  Instance* const instance = Bed::acquire(pool);
  {
    std::optional<testing::FakeExchange> exchange;
    std::optional<HostContext> context;
    IsolateLock lock(bed.shard.seat(), pool.isolate());
    const TrackedMemory::Access access(instance->tracked());
    constexpr int kCallsPerExchange = 64;  // what calls leave in its memory must stay small
    int calls = 0;
    for (auto _ : state) {
      if (calls++ % kCallsPerExchange == 0) {
        state.PauseTiming();
        context.reset();
        exchange.emplace();
        context.emplace(module->settings, systemEnvironment(), &*exchange);
        context->setMemory(GuestMemory(*instance));
        state.ResumeTiming();
      }
      const v8::HandleScope scope(lock.raw());
      GuestCall call(*context);
      benchmark::DoNotOptimize(
          call.enter(lock, bed.shard.thread(), instance->entry(lock, 0, kind), {}, kind));
    }
  }
  pool.release(instance, InstanceFate::returned);
}

/// A whole request on a warm instance: into the guest, two host calls, back, and the reset.
void guestRequest(benchmark::State& state, const char* guest) {
  Bed bed;
  InstancePool pool(bed.shard, bed.prepare(guest), {.min = 0, .max = 8});
  for (auto _ : state) {
    testing::FakeExchange exchange;
    testing::TestRun run(bed.shard, pool, *Bed::acquire(pool), exchange,
                         {std::chrono::seconds(1), std::chrono::steady_clock::time_point::max()});
    run.start();
    benchmark::DoNotOptimize(run.reason());
  }
}
BENCHMARK_CAPTURE(callGuest, plain, GuestCall::Entry::plain)->Iterations(200000);
BENCHMARK_CAPTURE(callGuest, suspendable, GuestCall::Entry::suspendable)->Iterations(200000);
BENCHMARK_CAPTURE(guestRequest, hello_wat, "hello_wat.wasm");
BENCHMARK_CAPTURE(guestRequest, hello, "hello.wasm");

}  // namespace

int addonMain(Engine& engine, const std::vector<std::string>& arguments) {
  theEngine = &engine;
  std::vector<std::string> copies = arguments;
  std::vector<char*> values;
  for (std::string& copy : copies) values.push_back(copy.data());
  values.push_back(nullptr);
  int count = static_cast<int>(copies.size());
  benchmark::Initialize(&count, values.data());
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}

}  // namespace skiff
