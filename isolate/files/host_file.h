#pragma once

#include <filesystem>
#include <memory>

#include "isolate/files/file.h"
#include "isolate/files/open_file_budget.h"

namespace skiff::wasi {

/// A directory of the machine, opened when it is first used: until then it need not exist. What is
/// opened through it stays beneath it. Each file that is open takes a place of `budget`, if there
/// is one; `nfile` when there is none left. REQUIRES: `budget` outlives all of them.
std::shared_ptr<File> hostDirectory(std::filesystem::path path, OpenFileBudget* budget = nullptr);

}  // namespace skiff::wasi
