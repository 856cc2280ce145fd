#pragma once

#include <gmock/gmock.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "isolate/compiler.h"
#include "isolate/guest_place.h"
#include "isolate/instance_budget.h"
#include "isolate/instance_pool.h"
#include "isolate/nursery.h"
#include "isolate/prepared_module.h"
#include "quota/watchdog.h"
#include "tests/isolate/fake_exchange.h"
#include "tests/isolate/test_run.h"
#include "tests/v8_test_engine.h"

namespace skiff::testing {

/// A guest log that remembers.
class RecordingLog final : public GuestLog {
 public:
  void write(LogLevel, std::string_view, std::string_view text) override {
    lines.emplace_back(text);
  }
  bool enabled(LogLevel) const override { return true; }
  std::vector<std::string> lines;
};

/// One shard's worth of engine, without a server: prepares the guests that the build made and runs
/// them on this thread.
class GuestTest : public ::testing::Test {
 protected:
  explicit GuestTest(ResetMode reset = ResetMode::automatic);

  /// The bytes of a built guest: "hello", "test/count".
  static std::vector<std::uint8_t> guest(const std::string& name);
  wasm::ModuleResult<std::shared_ptr<const PreparedModule>> tryPrepare(
      std::span<const std::uint8_t> bytes, std::string_view sourceMap = {});
  /// With its source map, if the build made one.
  std::shared_ptr<const PreparedModule> prepare(const std::string& name);
  std::unique_ptr<InstancePool> poolOf(const std::string& name, InstancePool::Limits limits = {});

  /// A request from begin to end on an instance of the pool; the run's reason is in `reason`.
  void serve(InstancePool& pool, FakeExchange& exchange);
  /// The same for GET `target`, giving the answer's body.
  std::string get(InstancePool& pool, std::string_view target = "/");
  std::unique_ptr<TestRun> run(InstancePool& pool, FakeExchange& exchange);

  RecordingLog log;
  Limits limits;
  GuestSettings settings;
  Reuse reuse = Reuse::pristine;
  Snapshot snapshot = Snapshot::automatic;
  const SpareSource* spares = nullptr;
  Reason reason = Reason::none;
  std::string detail;
  ResetHow reset = ResetHow::none;

  InProcessCompiler inProcess{testEngine()};
  Compiler* compiler = &inProcess;
  Watchdog watchdog;
  Nursery nursery{testEngine(), 0};
  InstanceBudget budget;
  GuestPlace place{watchdog};
  ShardEngine shard;
};

}  // namespace skiff::testing
