#include "tests/isolate/guest_fixture.h"

#include <fstream>

#include "isolate/memory/tracked_memory.h"

namespace skiff::testing {

GuestTest::GuestTest(ResetMode resetMode) : shard(nursery, budget, resetMode) {
  TrackedMemory::installFaultHandler();
  settings.tenant = "tenant";
  settings.app = "app";
  settings.arguments = {"app"};
  settings.log = &log;
  limits.cpu = std::chrono::milliseconds(1000);
}

std::vector<std::uint8_t> GuestTest::guest(const std::string& name) {
  const auto path = std::filesystem::path(SKIFF_GUESTS) / (name + ".wasm");
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.good()) << path;
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

wasm::ModuleResult<std::shared_ptr<const PreparedModule>> GuestTest::tryPrepare(
    std::span<const std::uint8_t> bytes, std::string_view sourceMap) {
  PrepareRequest request;
  request.sourceMap = sourceMap;
  request.bytes = bytes;
  request.digest = "sha256:test";
  request.settings = settings;
  request.limits = limits;
  request.reuse = reuse;
  request.snapshot = snapshot;
  request.spares = spares;
  return prepareModule(testEngine(), watchdog, *compiler, std::move(request));
}

std::shared_ptr<const PreparedModule> GuestTest::prepare(const std::string& name) {
  const auto bytes = guest(name);
  std::ifstream file(std::filesystem::path(SKIFF_GUESTS) / (name + ".wasm.map"), std::ios::binary);
  const std::string sourceMap{std::istreambuf_iterator<char>(file),
                              std::istreambuf_iterator<char>()};
  auto prepared = tryPrepare(bytes, sourceMap);
  EXPECT_TRUE(prepared.has_value()) << (prepared ? "" : prepared.error().text());
  return prepared ? *prepared : nullptr;
}

std::unique_ptr<InstancePool> GuestTest::poolOf(const std::string& name,
                                                InstancePool::Limits poolLimits) {
  return std::make_unique<InstancePool>(shard, prepare(name), poolLimits);
}

std::unique_ptr<TestRun> GuestTest::run(InstancePool& pool, FakeExchange& exchange) {
  ColdStart cold;
  Reason refusal = Reason::none;
  std::string error;
  Instance* const instance = pool.acquire(cold, refusal, error);
  EXPECT_NE(instance, nullptr) << error;
  if (!instance) return nullptr;
  const auto now = std::chrono::steady_clock::now();
  return std::make_unique<TestRun>(
      shard, pool, *instance, exchange,
      GuestRun::Limits{pool.module().limits.cpu, now + limits.wall, now});
}

void GuestTest::serve(InstancePool& pool, FakeExchange& exchange) {
  const auto guestRun = run(pool, exchange);
  ASSERT_TRUE(guestRun);
  GuestRun::State state = guestRun->start();
  for (int i = 0; state == GuestRun::State::waiting && i < 1000; ++i) {
    exchange.drainResponse(SIZE_MAX);
    state = guestRun->resume();
  }
  ASSERT_EQ(state, GuestRun::State::finished);
  reason = guestRun->reason();
  detail = guestRun->detail();
  reset = guestRun->reset();
  if (pool.wantsTidying()) {
    for (const ResetHow how : pool.tidy()) reset = how;
  }
}

std::string GuestTest::get(InstancePool& pool, std::string_view target) {
  FakeExchange exchange;
  exchange.setRequest("GET", target);
  serve(pool, exchange);
  return exchange.body();
}

}  // namespace skiff::testing
