#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "server/api/settings.h"

namespace skiff {

/// Which apps follow which tags. Any thread.
class WatchList {
 public:
  using Key = std::pair<std::string, std::string>;  ///< tenant, app

  void set(const Key& key, std::optional<WatchSettings> watch);
  void removeTenant(const std::string& tenant);
  std::map<Key, WatchSettings> all() const;
  /// Called after each change, one at a time. `call` must be brief and must not call this.
  void onChange(std::function<void()> call);

 private:
  void tell();

  mutable std::mutex mutex_;
  std::map<Key, WatchSettings> entries_;
  std::function<void()> changed_;
};

}  // namespace skiff
