#pragma once

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "deploy/image/unpack_image.h"
#include "tests/deploy/blobs/blob_fixture.h"
#include "tests/deploy/image/tar_maker.h"

namespace skiff::testing {

/// A store to put layers into, and to unpack them in.
class WithImage : public WithBlobStore {
 protected:
  static constexpr const char* kGzip = "application/vnd.oci.image.layer.v1.tar+gzip";
  static constexpr const char* kName = "ab12";

  WithImage() { open(64_MiB); }

  ImageLayer layer(std::string_view bytes, std::string_view mediaType = kGzip) {
    return {put(bytes), std::string(mediaType)};
  }
  /// Layers as they come out of makers, compressed.
  ImageResult<TreeInfo> unpack(const std::vector<TarMaker>& layers,
                               const ImageLimits& limits = {}) {
    std::vector<ImageLayer> named;
    for (const TarMaker& each : layers) named.push_back(layer(gzip(each.tar())));
    return unpackImage(*store_, named, limits, kName);
  }
  ImageResult<TreeInfo> unpackBytes(std::string_view bytes, const ImageLimits& limits = {}) {
    const std::vector<ImageLayer> layers{layer(bytes)};
    return unpackImage(*store_, layers, limits, kName);
  }
  /// REQUIRES: it can be unpacked.
  void merge(const std::vector<TarMaker>& layers) {
    const auto info = unpack(layers);
    ASSERT_TRUE(info.has_value()) << info.error().message;
  }

  std::filesystem::path tree() const { return store_->treeFolder(kName); }
  /// The content of a file, "-> TARGET" of a link, "/" of a folder, "" if it is not there.
  std::string at(const std::filesystem::path& path) const {
    const auto full = tree() / path;
    std::error_code error;
    const auto status = std::filesystem::symlink_status(full, error);
    if (std::filesystem::is_symlink(status)) {
      return "-> " + std::filesystem::read_symlink(full).string();
    }
    if (std::filesystem::is_directory(status)) return "/";
    std::ifstream file(full);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  /// All that is there, in order: "a/ a/b c".
  std::string listing() const {
    std::vector<std::string> paths;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(tree())) {
      const bool folder = !entry.is_symlink() && entry.is_directory();
      paths.push_back(entry.path().lexically_relative(tree()).string() + (folder ? "/" : ""));
    }
    std::sort(paths.begin(), paths.end());
    std::string all;
    for (const std::string& path : paths) all += (all.empty() ? "" : " ") + path;
    return all;
  }
  mode_t modeOf(const std::string& path) const {
    struct stat status {};
    EXPECT_EQ(::lstat((tree() / path).c_str(), &status), 0) << path;
    return status.st_mode & 07777;
  }
  /// Nothing of a tree is left, whole or unfinished.
  bool nothingIsLeft() const {
    return !store_->has(kName) && unfinished() == 0 && entriesIn(path_ / "trees") == 0;
  }
};

}  // namespace skiff::testing
