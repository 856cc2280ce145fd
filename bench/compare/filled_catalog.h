#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

namespace skiff::bench {

/// A data folder full of tenants that have an app each, deployed, as the admin API would have put
/// them there; removed by the destructor. In memory where there is a folder for that: each of some
/// 40,000 changes is synced.
class FilledCatalog {
 public:
  /// `hello`: the bytes of hello_wat.wasm. Throws if it cannot.
  FilledCatalog(std::size_t tenants, const std::string& hello);
  ~FilledCatalog();
  FilledCatalog(const FilledCatalog&) = delete;
  FilledCatalog& operator=(const FilledCatalog&) = delete;

  const std::filesystem::path& folder() const { return folder_; }

 private:
  std::filesystem::path folder_;
};

}  // namespace skiff::bench
