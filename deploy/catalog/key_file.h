#pragma once

#include <filesystem>
#include <optional>

#include "config/result.h"
#include "deploy/catalog/secret_cipher.h"

namespace skiff {

/// The key in `file`: 32 bytes that nobody but the file's owner may read. Nothing if there is no
/// such file.
Result<std::optional<SecretKey>> readKeyFile(const std::filesystem::path& file);

/// Makes a file with a new key, mode 0600, whole or not at all; durable when it is back.
/// REQUIRES: there is none.
Result<SecretKey> makeKeyFile(const std::filesystem::path& file);

/// Makes the names in the folder of `file` durable.
Result<void> syncFolderOf(const std::filesystem::path& file);

}  // namespace skiff
