#pragma once

#include <gtest/gtest.h>

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>

#include "tests/e2e/admin_api.h"
#include "tests/e2e/daemon.h"
#include "tests/faults/preload/control.h"

namespace skiff::faults {

/// Faults for a daemon that is started with options(): switched on and off while it runs. Outlives
/// the daemon.
class Faults {
 public:
  /// `thread`: whose loop and whose allocations loopFault and failingAllocation are about.
  explicit Faults(const std::string& thread = "shard-0");
  ~Faults();
  Faults(const Faults&) = delete;
  Faults& operator=(const Faults&) = delete;

  /// What the daemon is to be started with.
  e2e::ProcessOptions options() const;
  /// What the calls that fail are about. REQUIRES: none is to fail yet.
  void concern(const std::filesystem::path& folder);

  void fail(Call call, int error) { of(call).error = error; }
  /// The call of that number from now on, and no other.
  void failOnce(Call call, std::uint64_t number, int error);
  /// All calls that change something.
  void failChanges(int error);
  void heal() { failChanges(0); }
  std::uint64_t failed(Call call) const { return of(call).failed; }

  void holdSyncs() { control_->holdsSync = 1; }
  void releaseSyncs();
  std::uint32_t heldSyncs() const { return control_->heldSyncs; }

  /// From where it is now.
  void jumpClock(std::chrono::nanoseconds by) { control_->wallOffset += by.count(); }

  Control& control() { return *control_; }

 private:
  Control::Fault& of(Call call) const { return control_->calls[static_cast<std::size_t>(call)]; }

  TemporaryFolder folder_;
  Control* control_ = nullptr;
};

/// What the guest of OneShard's app answers.
inline constexpr const char* kHello = "Hello from wasm";

/// A daemon of one shard that serves acme/web, and faults for it.
class OneShard : public ::testing::Test {
 protected:
  OneShard() { api_.serve("acme", "web", "hello_wat"); }
  static e2e::ConfigText config() {
    e2e::ConfigText config;
    config.server = "shards = 1\n";
    return config;
  }

  Faults faults_;
  e2e::Daemon daemon_{config(), faults_.options()};
  e2e::AdminApi api_{daemon_};
};

}  // namespace skiff::faults
