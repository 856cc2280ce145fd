#pragma once

#include <string>
#include <vector>

#include "tests/temporary_directory.h"

namespace skiff::testing {

/// What the host grants to the programs under test, with what only a host can make:
///
///     secret, secret_link,          outside: no program may see or change them
///     elsewhere/secret
///     work/                         granted as "/work", writable
///       prepared/                   fifo, socket, linked_one and linked_two (one file), many/ (300
///                                   files), names/ (8 files with special names),
///                                   escape_relative, escape_absolute -> secret,
///                                   escape_directory -> the directory of secret,
///                                   escape_dangling -> planted, outside, which does not exist
///     ro/                           granted as "/ro", read-only
///       file, directory/
///
/// Gone with the object.
class PreparedTree {
 public:
  PreparedTree();

  const std::filesystem::path& outside() const { return directory_.path(); }
  std::filesystem::path work() const { return outside() / "work"; }
  std::filesystem::path readOnly() const { return outside() / "ro"; }
  /// The options of wasi-run that grant it.
  std::vector<std::string> grants() const;

  static constexpr const char* kSecret = "the secret that no guest may see";
  /// What lies beside the granted directories, and what the secret says: empty if all of it is as
  /// it was made, else what is wrong.
  std::string damage() const;

 private:
  TemporaryDirectory directory_;
};

}  // namespace skiff::testing
