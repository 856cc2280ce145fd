#pragma once

#include <filesystem>
#include <memory>

#include "isolate/files/file.h"

namespace skiff::wasi {

/// A directory of the machine, opened when it is first used: until then it need not exist. What is
/// opened through it stays beneath it.
std::shared_ptr<File> hostDirectory(std::filesystem::path path);

}  // namespace skiff::wasi
