#include "deploy/blobs/tree_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <memory>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "deploy/blobs/descriptor.h"
#include "deploy/blobs/store_folder.h"

namespace skiff {
namespace {

namespace fs = std::filesystem;

constexpr int kOpenFolder = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};
using OpenFolder = std::unique_ptr<DIR, CloseFolder>;

/// A folder that is being gone through: `path` for errors alone.
struct Level {
  OpenFolder folder;
  std::string name;  ///< within the one above
  int number() const { return ::dirfd(folder.get()); }
};

/// Goes through a tree from the inside out, one open folder for each level, without ever following
/// a link. A visitor answers errno, or 0 to go on.
class Walk {
 public:
  /// Makes a folder fit to be gone through, before it is opened.
  using Enter = int (*)(int above, const char* name);
  Walk(int above, std::string name, Enter enter) : above_(above), enter_(enter) {
    error_ = push(above, std::move(name));
  }

  /// `leave(above, name, isFolder)` for each file, and for each folder behind all that is in it.
  template <class Leave>
  int run(Leave leave) {
    while (error_ == 0 && !levels_.empty()) {
      errno = 0;
      const dirent* entry = ::readdir(levels_.back().folder.get());
      if (!entry) {
        error_ = errno;
        if (error_ == 0) error_ = pop(leave);
        continue;
      }
      const std::string name = entry->d_name;
      if (name == "." || name == "..") continue;
      const int above = levels_.back().number();
      struct stat status {};
      if (::fstatat(above, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
        error_ = errno;
      } else if (S_ISDIR(status.st_mode)) {
        error_ = push(above, name);
      } else {
        error_ = leave(above, name.c_str(), status);
      }
    }
    return error_;
  }

 private:
  int push(int above, std::string name) {
    if (const int error = enter_(above, name.c_str()); error != 0) return error;
    Descriptor opened(::openat(above, name.c_str(), kOpenFolder));
    if (!opened) return errno;
    OpenFolder folder(::fdopendir(opened.number()));
    if (!folder) return errno;
    opened.release();
    levels_.push_back({std::move(folder), std::move(name)});
    return 0;
  }

  template <class Leave>
  int pop(Leave& leave) {
    struct stat status {};
    if (::fstat(levels_.back().number(), &status) != 0) return errno;
    const std::string name = std::move(levels_.back().name);
    levels_.pop_back();
    return leave(levels_.empty() ? above_ : levels_.back().number(), name.c_str(), status);
  }

  int above_;
  Enter enter_;
  int error_ = 0;
  std::vector<Level> levels_;
};

enum class Folders : std::uint8_t { asTheyAre, readOnly };

int nothing(int, const char*) {
  return 0;
}

/// Not by its path: a sandboxed daemon can do that to no file.
int setMode(int above, const char* name, mode_t mode) {
  const Descriptor folder(::openat(above, name, kOpenFolder));
  return folder && ::fchmod(folder.number(), mode) == 0 ? 0 : errno;
}

int makeWritable(int above, const char* name) {
  return setMode(above, name, 0700);
}

}  // namespace

std::uint64_t treeBytesOf(std::uint64_t size) {
  constexpr std::uint64_t kBlock = 4096;
  return size == 0 ? kBlock : (size + kBlock - 1) / kBlock * kBlock;
}

namespace {

BlobResult<std::uint64_t> measure(const fs::path& folder, Folders folders) {
  std::uint64_t sum = 0;
  std::unordered_set<ino_t> counted;
  Walk walk(AT_FDCWD, folder.string(), nothing);
  const int error = walk.run([&](int above, const char* name, const struct stat& status) {
    const bool isFolder = S_ISDIR(status.st_mode);
    const bool again = !isFolder && status.st_nlink > 1 && !counted.insert(status.st_ino).second;
    if (!again) sum += S_ISREG(status.st_mode) ? treeBytesOf(status.st_size) : treeBytesOf(0);
    if (!isFolder || folders == Folders::asTheyAre) return 0;
    return setMode(above, name, 0555);
  });
  if (error != 0) return diskError("cannot go through", folder, error);
  return sum;
}

}  // namespace

BlobResult<std::uint64_t> measureTree(const fs::path& folder) {
  return measure(folder, Folders::asTheyAre);
}

BlobResult<std::uint64_t> sealTree(const fs::path& folder) {
  return measure(folder, Folders::readOnly);
}

int removeAt(int folder, const char* name) {
  struct stat status {};
  if (::fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
    return errno == ENOENT ? 0 : errno;
  }
  if (!S_ISDIR(status.st_mode)) return ::unlinkat(folder, name, 0) == 0 ? 0 : errno;
  Walk walk(folder, name, makeWritable);
  return walk.run([&](int above, const char* each, const struct stat& found) {
    return ::unlinkat(above, each, S_ISDIR(found.st_mode) ? AT_REMOVEDIR : 0) == 0 ? 0 : errno;
  });
}

BlobResult<void> removeTree(const fs::path& folder) {
  const int error = removeAt(AT_FDCWD, folder.c_str());
  if (error != 0) return diskError("cannot remove", folder, error);
  return {};
}

}  // namespace skiff
