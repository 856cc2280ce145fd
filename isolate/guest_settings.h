#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/config.h"
#include "isolate/files/open_file_budget.h"

namespace skiff {

struct AppQuota;

enum class LogLevel : std::int8_t { debug = -1, info = 0, warn = 1, error = 2, none = 3 };

/// Where a guest's log calls and stderr go. Bounded and rate-limited by the implementation.
/// Callable from any thread.
class GuestLog {
 public:
  virtual ~GuestLog() = default;
  /// `text` may hold anything, several lines and invalid UTF-8 included.
  virtual void write(LogLevel level, std::string_view requestId, std::string_view text) = 0;
  /// The same for text whose lines belong together: what skiff itself says of the guest.
  virtual void writeEntry(LogLevel level, std::string_view requestId, std::string_view text) {
    write(level, requestId, text);
  }
  virtual bool enabled(LogLevel level) const = 0;
};

/// What an app was granted and told: the same for all its instances, immutable while they live.
struct GuestSettings {
  std::string tenant;
  std::string app;
  std::vector<std::string> arguments;  ///< [0] is the app's name
  std::vector<std::pair<std::string, std::string>> environment;
  std::vector<DirectoryGrant> directories;
  /// What the directories' open files count in, the same for all apps of a tenant; nullptr:
  /// nothing. Not owned.
  wasi::OpenFileBudget* openFiles = nullptr;
  bool temporary = false;  ///< an empty "/tmp" in memory, anew for each request
  /// Linear memory and what the host holds on the guest's behalf ("/tmp"), together.
  ByteSize memory = LimitCeilings::kMemory;
  ClockKind clock = ClockKind::precise;
  std::string config;      ///< get_config
  bool hasOrigin = false;  ///< `next` is possible
  /// Largest body that the host holds in memory for a guest that reads or replaces it around
  /// `next`.
  ByteSize bufferedBody = 16_MiB;
  /// What the app and its tenant may use, as it is now; nullptr for a program of its own, and in
  /// tests: nothing is limited then but what is above.
  std::shared_ptr<AppQuota> quota;
  GuestLog* log = nullptr;  ///< not owned; never null in a running server
};

}  // namespace skiff
