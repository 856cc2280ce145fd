#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>

namespace skiff::bench {

/// A data folder full of tenants ("tenant0" and so on) that have an app each, deployed, as the
/// admin API would have put them there; removed by the destructor. In memory where there is a
/// folder with room for it: each of some four changes a tenant is synced.
class FilledCatalog {
 public:
  /// Each app's module is `module(number)`, for the host "tenant<number>.test". Throws if it
  /// cannot.
  FilledCatalog(std::size_t tenants, const std::function<std::string(std::size_t number)>& module);
  ~FilledCatalog();
  FilledCatalog(const FilledCatalog&) = delete;
  FilledCatalog& operator=(const FilledCatalog&) = delete;

  const std::filesystem::path& folder() const { return folder_; }

 private:
  std::filesystem::path folder_;
};

}  // namespace skiff::bench
