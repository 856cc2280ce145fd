#pragma once

#include <memory>
#include <string_view>
#include <utility>

#include "quota/quotas.h"
#include "server/observe/fault_log.h"
#include "server/observe/guest_log.h"

namespace skiff {

/// The log of an app, whatever its versions: what its guests say, how they fail, and those who
/// follow it. Any thread.
struct AppLog {
  /// REQUIRES: `sink` outlives this.
  AppLog(std::string_view tenant, std::string_view app, LogSink& sink,
         std::shared_ptr<AppQuota> quota)
      : guests(tenant, app, sink, options(std::move(quota), tail)) {}

  void flush() {
    faults.flush();
    guests.flush();
  }

  const std::shared_ptr<LogTail> tail = std::make_shared<LogTail>();
  AppGuestLog guests;
  FaultLog faults{guests};

 private:
  static GuestLogOptions options(std::shared_ptr<AppQuota> quota, std::shared_ptr<LogTail> tail) {
    GuestLogOptions made;
    made.quota = std::move(quota);
    made.tail = std::move(tail);
    return made;
  }
};

}  // namespace skiff
