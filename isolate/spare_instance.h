#pragma once

#include <v8.h>

#include <memory>

namespace skiff {

class GuestIsolate;
class Instance;
class InstanceBudget;

/// The instance that a version was tried with, in an isolate that holds nothing
/// else. The first request takes both, instead of having the same made once
/// more. Counted in the budget; destroyed on any thread.
class SpareInstance {
 public:
  /// REQUIRES: one was acquired of the budget, which outlives this.
  explicit SpareInstance(InstanceBudget& budget);
  ~SpareInstance();
  SpareInstance(const SpareInstance&) = delete;
  SpareInstance& operator=(const SpareInstance&) = delete;

  /// What the others are in; not entered.
  std::unique_ptr<GuestIsolate> isolate;
  v8::Global<v8::WasmModuleObject> module;
  std::unique_ptr<Instance> instance;

 private:
  InstanceBudget& budget_;
};

}  // namespace skiff
