// Whatever the layers of an image are: what is unpacked stays in its tree, within the limits, and
// no link leads out of it; what is refused leaves nothing. The input is up to three layers, each
// behind its length (four bytes, little endian; the last one may be cut).

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <span>
#include <string>
#include <vector>

#include "deploy/image/image_config.h"
#include "deploy/image/unpack_image.h"

namespace {

using namespace skiff;
namespace fs = std::filesystem;

void require(bool condition) {
  if (!condition) std::abort();
}

ImageLimits smallLimits() {
  ImageLimits limits;
  limits.total = 1_MiB;
  limits.file = 256_KiB;
  limits.entries = 200;
  limits.pathLength = 300;
  limits.depth = 8;
  return limits;
}

/// A store in memory, where the machine has such a file system: nothing waits for a disk there.
class Session {
 public:
  Session() {
    const bool memory = ::access("/dev/shm", W_OK) == 0;
    std::string pattern =
        ((memory ? fs::path("/dev/shm") : fs::temp_directory_path()) / "skiff-fuzz-XXXXXX")
            .string();
    require(::mkdtemp(pattern.data()) != nullptr);
    folder_ = pattern;
    auto opened = BlobStore::open(folder_ / "store", 64_MiB);
    if (opened.has_error()) std::cerr << opened.error().message << '\n';
    require(opened.has_value());
    store_ = *std::move(opened);
  }
  ~Session() {
    store_.reset();
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  void run(std::span<const std::byte> input) {
    std::vector<ImageLayer> layers;
    while (!input.empty() && layers.size() < 3) {
      std::uint64_t size = 0;
      for (int i = 0; i < 4 && !input.empty(); ++i, input = input.subspan(1)) {
        size |= std::uint64_t{std::to_integer<std::uint8_t>(input.front())} << (8 * i);
      }
      const auto bytes = input.first(std::min<std::uint64_t>(size, input.size()));
      input = input.subspan(bytes.size());
      const auto digest = store_->put(bytes);
      require(digest.has_value());
      layers.push_back({*digest, "application/vnd.oci.image.layer.v1.tar"});
    }
    const auto info = unpackImage(*store_, layers, smallLimits(), kName);
    if (info.has_value()) {
      requireSealed(info->folder);
      (void)findModule(ImageConfig(), info->folder);
    } else {
      require(!info.error().message.empty());
      require(info.error().kind != ImageError::Kind::full);
      require(!store_->has(kName));
    }
    require(fs::is_empty(folder_ / "store" / "work"));
    require(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()) == 1);
    const auto collected = store_->collect(
        [] { return BlobResult<std::vector<std::string>>(boost::system::in_place_value); });
    require(collected.has_value() && store_->bytes() == 0);
  }

 private:
  static constexpr const char* kName = "ab";

  static void requireSealed(const fs::path& tree) {
    const int root = ::open(tree.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    require(root >= 0);
    std::uint64_t bytes = 0;
    std::size_t entries = 0;
    for (const auto& entry : fs::recursive_directory_iterator(tree)) {
      const std::string path = entry.path().lexically_relative(tree);
      struct stat status {};
      require(::fstatat(root, path.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0);
      const mode_t mode = status.st_mode & 07777;
      ++entries;
      if (S_ISREG(status.st_mode)) {
        require(mode == 0444 || mode == 0555);
        bytes += static_cast<std::uint64_t>(status.st_size) / status.st_nlink;
      } else if (S_ISLNK(status.st_mode)) {
        requireInside(root, path);
      } else {
        require(S_ISDIR(status.st_mode) && mode == 0555);
      }
    }
    require(bytes <= smallLimits().total.bytes() && entries <= smallLimits().entries);
    ::close(root);
  }

  /// As the kernel judges it.
  static void requireInside(int root, const std::string& link) {
    open_how how{};
    how.flags = O_PATH | O_CLOEXEC;
    how.resolve = RESOLVE_BENEATH;
    const long opened = ::syscall(SYS_openat2, root, link.c_str(), &how, sizeof how);
    require(opened >= 0 || errno != EXDEV);
    if (opened >= 0) ::close(static_cast<int>(opened));
  }

  fs::path folder_;
  std::unique_ptr<BlobStore> store_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Session session;
  session.run(std::as_bytes(std::span(data, size)));
  return 0;
}
