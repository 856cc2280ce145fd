#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <system_error>

#include "config/printable.h"
#include "deploy/blobs/descriptor.h"
#include "deploy/image/image_config.h"
#include "deploy/image/tree_walk.h"

namespace skiff {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostDepth = 256;
constexpr int kMostLinks = 40;
/// Of the modules that could be meant, that many are named.
constexpr std::size_t kMostNamed = 5;

ImageError noModule(std::string what) {
  return {ImageError::Kind::noModule, std::move(what)};
}

/// What a path in the image is, with its links followed; why it is no file, if it is none.
Result<PathParts> resolveFile(int root, PathParts parts) {
  TreeWalk walk(root, kMostDepth);
  for (int links = 0; links <= kMostLinks; ++links) {
    if (parts.empty()) return Error{"is a folder"};
    const std::string name = std::move(parts.back());
    parts.pop_back();
    if (name == ".." || walk.enter(parts).has_error()) return Error{"is not in the image"};
    struct stat status {};
    if (::fstatat(walk.folder(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
      return Error{"is not in the image"};
    }
    if (S_ISDIR(status.st_mode)) return Error{"is a folder"};
    if (S_ISREG(status.st_mode)) {
      PathParts path = walk.path();
      path.push_back(name);
      return path;
    }
    const auto target = readLink(walk.folder(), name);
    if (!target) return Error{"is not a file"};
    parts = splitPath(*target);
  }
  return Error{"is a link that leads in a circle"};
}

class ModuleSearch {
 public:
  ModuleSearch(const ImageConfig& config, const fs::path& tree, int root)
      : config_(config), tree_(tree), root_(root) {}

  ImageResult<ImageModule> run() const {
    if (!config_.entrypoint.empty()) return byEntrypoint();
    if (!config_.command.empty()) {
      if (auto path = resolve(config_.command.front())) {
        return module(*path, {config_.command.begin() + 1, config_.command.end()});
      }
    }
    if (auto plugin = resolveFile(root_, {"plugin.wasm"})) return module(*plugin, config_.command);
    return soleModule();
  }

 private:
  Result<PathParts> resolve(const std::string& path) const {
    const bool absolute = path.starts_with('/');
    PathParts parts = absolute ? PathParts() : splitPath(config_.workingFolder);
    for (std::string& part : splitPath(path)) parts.push_back(std::move(part));
    return resolveFile(root_, std::move(parts));
  }

  ImageModule module(const PathParts& parts, std::vector<std::string> arguments) const {
    ImageModule found;
    found.file = tree_;
    for (const std::string& part : parts) {
      found.file /= part;
      found.path += '/' + part;
    }
    found.arguments = std::move(arguments);
    return found;
  }

  ImageResult<ImageModule> byEntrypoint() const {
    const std::string& named = config_.entrypoint.front();
    const auto path = resolve(named);
    if (path.has_error()) {
      return noModule("the image's entrypoint names " + inQuotes(named) + " (in " +
                      inQuotes(config_.workingFolder) + "), which " + path.error().message +
                      "; set ENTRYPOINT to the path of the WebAssembly module");
    }
    std::vector<std::string> arguments(config_.entrypoint.begin() + 1, config_.entrypoint.end());
    arguments.insert(arguments.end(), config_.command.begin(), config_.command.end());
    return module(*path, std::move(arguments));
  }

  ImageResult<ImageModule> soleModule() const {
    std::vector<std::string> names;
    std::error_code error;
    for (fs::directory_iterator entry(tree_, error), end; !error && entry != end;
         entry.increment(error)) {
      std::string name = entry->path().filename();
      if (name.ends_with(".wasm") && resolveFile(root_, {name})) names.push_back(std::move(name));
    }
    if (error)
      return ImageError{ImageError::Kind::storage,
                        "cannot list the image's files: " + error.message()};
    if (names.size() == 1) return module(*resolveFile(root_, names), config_.command);
    const std::string advice = "; set ENTRYPOINT to the path of the WebAssembly module";
    if (names.empty()) {
      return noModule(
          "the image has no entrypoint, no plugin.wasm and no other *.wasm at its root" + advice);
    }
    std::sort(names.begin(), names.end());
    std::string all;
    for (std::size_t i = 0; i < std::min(names.size(), kMostNamed); ++i) {
      all += (i == 0 ? "" : ", ") + inQuotes(names[i]);
    }
    return noModule("the image has no entrypoint, and " + std::to_string(names.size()) +
                    " modules at its root (" + all + (names.size() > kMostNamed ? ", …" : "") +
                    ")" + advice);
  }

  const ImageConfig& config_;
  const fs::path& tree_;
  const int root_;
};

}  // namespace

ImageResult<ImageModule> findModule(const ImageConfig& config, const fs::path& tree) {
  const Descriptor root(::open(tree.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!root) {
    return ImageError{ImageError::Kind::storage, "cannot open the image's files at " +
                                                     printable(tree.string()) + ": " +
                                                     std::generic_category().message(errno)};
  }
  return ModuleSearch(config, tree, root.number()).run();
}

}  // namespace skiff
