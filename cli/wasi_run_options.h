#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "config/config.h"

namespace skiff {

/// What `skiff wasi-run` is asked to do.
struct WasiRunOptions {
  std::string file;
  std::vector<std::string> arguments;  ///< [0] is the file's name
  std::vector<std::pair<std::string, std::string>> environment;
  std::vector<DirectoryGrant> directories;
  bool temporary = false;
  std::chrono::milliseconds cpu{0};  ///< 0: no bound
  ByteSize memory = LimitCeilings::kMemory;
};

/// Reads the words behind `wasi-run`. Nothing if there is nothing to run: help was asked for, or
/// something is wrong, which was printed; `status` is what to exit with.
std::optional<WasiRunOptions> readWasiRunOptions(const std::vector<std::string>& words,
                                                 int& status);

}  // namespace skiff
