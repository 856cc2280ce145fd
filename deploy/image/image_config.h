#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/byte_size.h"
#include "deploy/image/image_error.h"

namespace skiff {

/// What an image's config says of how it is run (image-spec, config.md; Docker's is the same here).
struct ImageConfig {
  static constexpr ByteSize kMostBytes = 1_MiB;      ///< of the blob
  static constexpr std::size_t kMostStrings = 1024;  ///< of each list

  std::string os;            ///< "wasi", "wasip1", or what an image's author had to say: "linux"
  std::string architecture;  ///< "wasm", or likewise
  std::vector<std::string> entrypoint;
  std::vector<std::string> command;
  std::vector<std::pair<std::string, std::string>> environment;
  std::string workingFolder = "/";  ///< absolute, without "." and ".."

  /// `config` if `json` is none, or has a string that no program could be given. What is not named
  /// above is not looked at.
  static ImageResult<ImageConfig> parse(std::string_view json);
};

/// The module of an image, and what it is run with.
struct ImageModule {
  std::filesystem::path file;          ///< on the host, below the tree's folder, without links
  std::string path;                    ///< in the image: "/app/server.wasm"
  std::vector<std::string> arguments;  ///< behind argv[0]
};

/// Finds the module in an image's tree: the file that the entrypoint, or else the command, names
/// (by its path in the image, from the working folder; there is no search path); without either, or
/// with a command that names none, `plugin.wasm` (as proxies have it), or else the only `*.wasm` at
/// the root. `noModule` says what there is instead.
ImageResult<ImageModule> findModule(const ImageConfig& config, const std::filesystem::path& tree);

}  // namespace skiff
