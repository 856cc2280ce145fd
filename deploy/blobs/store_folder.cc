#include "deploy/blobs/store_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <fstream>
#include <optional>
#include <system_error>

#include "config/printable.h"
#include "config/regular_file.h"
#include "deploy/blobs/tree_files.h"
#include "deploy/blobs/write_file.h"

namespace skiff {
namespace {

namespace fs = std::filesystem;

/// How long what was kept waits for a next writer.
constexpr std::chrono::hours kKeptAge{24};
constexpr std::string_view kKeptSuffix = ".kept";
constexpr std::string_view kPartSuffix = ".part";
constexpr std::string_view kOldPrefix = "old-";

constexpr std::string_view kLayoutMark = R"({"imageLayoutVersion":"1.0.0"})";
constexpr std::string_view kEmptyIndex =
    R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]})";

BlobResult<void> makeFolder(const fs::path& folder) {
  if (::mkdir(folder.c_str(), 0700) == 0 || errno == EEXIST) return {};
  return diskError("cannot make", folder, errno);
}

BlobResult<void> writeUnlessThere(const fs::path& file, const fs::path& part,
                                  std::string_view text) {
  if (::access(file.c_str(), F_OK) == 0) return {};
  return writeFile(file, part, std::as_bytes(std::span(text)), 0600);
}

/// "sha256-<hex>", as files under work() are called.
std::string flatName(const BlobDigest& digest) {
  return std::string(digest.algorithmName()) + '-' + digest.hex;
}

std::optional<BlobDigest> digestOfFlatName(std::string name) {
  const std::size_t dash = name.find('-');
  if (dash == std::string::npos) return std::nullopt;
  name[dash] = ':';
  return BlobDigest::parse(name);
}

std::optional<std::uint64_t> numberIn(const fs::path& file) {
  std::array<char, 32> text{};
  std::ifstream stream(file, std::ios::binary);
  stream.read(text.data(), text.size());
  const char* const end = text.data() + stream.gcount();
  std::uint64_t number = 0;
  const auto [behind, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || behind != end) return std::nullopt;
  return number;
}

/// `visit(entry)` for each entry of a folder; an error ends it.
template <class Visit>
BlobResult<void> eachEntry(const fs::path& folder, Visit visit) {
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    if (BlobResult<void> visited = visit(*entry); visited.has_error()) return visited;
  }
  if (error) return diskError("cannot list", folder, error.value());
  return {};
}

}  // namespace

BlobError diskError(std::string_view what, const fs::path& path, int number) {
  const bool full = number == ENOSPC || number == EDQUOT;
  std::string message = std::string(what) + ' ' + printable(path.string()) + ": " +
                        std::generic_category().message(number);
  if (full) message += "; make room on that disk";
  return {full ? BlobError::Kind::full : BlobError::Kind::storage, std::move(message), number};
}

BlobResult<void> syncFolder(const fs::path& folder) {
  const Descriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!opened || ::fsync(opened.number()) != 0) return diskError("cannot sync", folder, errno);
  return {};
}

bool isTreeName(std::string_view name) {
  return !name.empty() && name.size() <= 128 &&
         name.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

BlobResult<StoreFolder> StoreFolder::open(const fs::path& path, Descriptor held) {
  std::error_code error;
  if (path.has_parent_path()) fs::create_directories(path.parent_path(), error);
  if (error) return diskError("cannot make", path.parent_path(), error.value());
  if (auto made = makeFolder(path); made.has_error()) return made.error();
  Descriptor lock(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!lock) return diskError("cannot open", path, errno);
  if (held && isSameFile(held.number(), lock.number())) lock = std::move(held);
  if (::flock(lock.number(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return diskError("cannot lock", path, errno);
    return BlobError{BlobError::Kind::storage,
                     "the blob store " + inQuotes(path.string()) +
                         " is in use by another process; give this one a folder of its own"};
  }

  StoreFolder folder(path, std::move(lock));
  for (const fs::path& each :
       {path / "blobs", folder.blobs(DigestAlgorithm::sha256),
        folder.blobs(DigestAlgorithm::sha512), folder.trees(), folder.work()}) {
    if (auto made = makeFolder(each); made.has_error()) return made.error();
  }
  const fs::path part = folder.work() / "mark.part";
  for (const auto& [name, text] :
       {std::pair("index.json", kEmptyIndex), std::pair("oci-layout", kLayoutMark)}) {
    if (auto put = writeUnlessThere(path / name, part, text); put.has_error()) return put.error();
  }
  for (const fs::path& each : {path / "blobs", path, path.parent_path()}) {
    if (each.empty()) continue;
    if (auto synced = syncFolder(each); synced.has_error()) return synced.error();
  }
  return folder;
}

fs::path StoreFolder::blobs(DigestAlgorithm algorithm) const {
  return path_ / "blobs" / BlobDigest{algorithm, ""}.algorithmName();
}

fs::path StoreFolder::blob(const BlobDigest& digest) const {
  return blobs(digest.algorithm) / digest.hex;
}

fs::path StoreFolder::part(const BlobDigest& digest) const {
  return work() / (flatName(digest) + std::string(kPartSuffix));
}

fs::path StoreFolder::kept(const BlobDigest& digest) const {
  return work() / (flatName(digest) + std::string(kKeptSuffix));
}

fs::path StoreFolder::treePart(std::string_view name) const {
  return work() / ("tree-" + std::string(name));
}

fs::path StoreFolder::treeLeaving(std::string_view name) const {
  return work() / ("leaving-" + std::string(name));
}

bool StoreFolder::isStale(const fs::path& kept) const {
  std::error_code error;
  const auto written = fs::last_write_time(kept, error);
  return error || fs::file_time_type::clock::now() - written > kKeptAge;
}

BlobResult<void> StoreFolder::eachBlob(const FoundBlob& found) const {
  for (const DigestAlgorithm algorithm : {DigestAlgorithm::sha256, DigestAlgorithm::sha512}) {
    const Descriptor folder(::open(blobs(algorithm).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    auto listed = eachEntry(blobs(algorithm), [&](const fs::directory_entry& entry) {
      const std::string name = entry.path().filename();
      const auto digest =
          BlobDigest::parse(std::string(BlobDigest{algorithm, ""}.algorithmName()) + ':' + name);
      struct stat status {};
      if (digest && ::fstatat(folder.number(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 &&
          S_ISREG(status.st_mode)) {
        found(*digest, static_cast<std::uint64_t>(status.st_size));
      }
      return BlobResult<void>();
    });
    if (listed.has_error()) return listed;
  }
  return {};
}

BlobResult<void> StoreFolder::eachKept(const FoundBlob& found) const {
  return eachEntry(work(), [&](const fs::directory_entry& entry) -> BlobResult<void> {
    const fs::path& path = entry.path();
    std::error_code error;
    const fs::file_type type = entry.symlink_status(error).type();
    if (type == fs::file_type::directory) return setAside(path);
    if (type == fs::file_type::regular && path.extension() == kKeptSuffix && !isStale(path)) {
      const auto digest = digestOfFlatName(path.stem());
      const std::uint64_t size = entry.file_size(error);
      if (digest && !error) {
        found(*digest, size);
        return {};
      }
    }
    return removeTree(path);
  });
}

BlobResult<void> StoreFolder::setAside(const fs::path& folder) const {
  if (folder.filename().string().starts_with(kOldPrefix)) return {};
  std::error_code error;
  fs::path aside;
  for (int i = 0; aside.empty() || fs::exists(aside, error); ++i) {
    aside = work() / (std::string(kOldPrefix) + std::to_string(i));
  }
  fs::rename(folder, aside, error);
  if (error) return diskError("cannot set aside", folder, error.value());
  return {};
}

BlobResult<void> StoreFolder::removeOld() const {
  return eachEntry(work(), [&](const fs::directory_entry& entry) -> BlobResult<void> {
    if (!entry.path().filename().string().starts_with(kOldPrefix)) return {};
    return removeTree(entry.path());
  });
}

BlobResult<void> StoreFolder::eachTree(
    const std::function<void(std::string_view name, std::uint64_t bytes)>& found) const {
  return eachEntry(trees(), [&](const fs::directory_entry& entry) -> BlobResult<void> {
    const std::string name = entry.path().filename();
    std::error_code error;
    if (!isTreeName(name) || !fs::is_directory(treeFiles(name), error)) return {};
    if (const auto bytes = numberIn(treeBytes(name))) {
      found(name, *bytes);
      return {};
    }
    const auto measured = measureTree(treeFiles(name));
    if (measured.has_error()) return measured.error();
    found(name, *measured);
    return {};
  });
}

}  // namespace skiff
