#include "deploy/code_cache.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <system_error>
#include <vector>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "deploy/digest.h"

namespace skiff {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPartSuffix = ".part";
/// What an interrupted write left behind is removed after that long.
constexpr std::chrono::hours kPartAge{1};

/// What an entry begins with.
struct Head {
  static constexpr std::array<char, 8> kMagic{'s', 'k', 'f', 'c', 'o', 'd', 'e', '2'};
  std::array<char, 8> magic = kMagic;
  std::array<char, 64> key{};
  XXH128_canonical_t checksum{};
};

/// Against damage. Not against those who could write to the directory: they are this user.
XXH128_canonical_t checksumOf(std::span<const std::uint8_t> bytes) {
  XXH128_canonical_t checksum;
  XXH128_canonicalFromHash(&checksum, XXH3_128bits(bytes.data(), bytes.size()));
  return checksum;
}

class File {
 public:
  explicit File(int descriptor) : descriptor_(descriptor) {}
  ~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  explicit operator bool() const { return descriptor_ >= 0; }
  int get() const { return descriptor_; }

  bool read(void* to, std::size_t size) const {
    for (std::size_t done = 0; done < size;) {
      const ssize_t count = ::read(descriptor_, static_cast<char*>(to) + done, size - done);
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) return false;
      done += static_cast<std::size_t>(count);
    }
    return true;
  }
  bool write(const void* from, std::size_t size) const {
    for (std::size_t done = 0; done < size;) {
      const ssize_t count =
          ::write(descriptor_, static_cast<const char*>(from) + done, size - done);
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) return false;
      done += static_cast<std::size_t>(count);
    }
    return true;
  }

 private:
  const int descriptor_;
};

template <std::size_t Size>
std::string_view textOf(const std::array<char, Size>& field) {
  return {field.data(), ::strnlen(field.data(), Size)};
}

Error systemError(const std::string& what, const fs::path& path) {
  return Error{what + " " + path.string() + ": " + std::generic_category().message(errno)};
}

/// Nobody but this user can have written it.
bool isOurs(const struct stat& status) {
  return S_ISREG(status.st_mode) && status.st_uid == ::geteuid() &&
         (status.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

}  // namespace

CodeCache::~CodeCache() {
  noteUses();
}

std::string CodeCache::keyOf(std::span<const std::uint8_t> module) const {
  const std::string whole = sha256Digest(module) + '\n' + identity_;
  return sha256Digest({reinterpret_cast<const std::uint8_t*>(whole.data()), whole.size()})
      .substr(std::string_view("sha256:").size());
}

std::optional<CodeCache::Code> CodeCache::find(const std::string& key) const {
  // Whoever changes a file's times may have to wait for the disk.
  const File file(::open((directory_ / key).c_str(),
                         O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOATIME));
  struct stat status {};
  Head head;
  if (!file || ::fstat(file.get(), &status) != 0 || !isOurs(status) ||
      static_cast<std::uint64_t>(status.st_size) < sizeof head ||
      static_cast<std::uint64_t>(status.st_size) > sizeof head + capacity_.bytes()) {
    return std::nullopt;
  }
  Code code;
  code.size = static_cast<std::size_t>(status.st_size) - sizeof head;
  code.data = std::make_unique_for_overwrite<std::uint8_t[]>(code.size);
  if (!file.read(&head, sizeof head) || head.magic != Head::kMagic || textOf(head.key) != key ||
      !file.read(code.data.get(), code.size)) {
    return std::nullopt;
  }
  const XXH128_canonical_t checksum = checksumOf({code.data.get(), code.size});
  if (std::memcmp(&head.checksum, &checksum, sizeof checksum) != 0) return std::nullopt;
  const std::lock_guard lock(usesMutex_);
  used_.insert_or_assign(key, fs::file_time_type::clock::now());
  return code;
}

Result<void> CodeCache::store(const std::string& key, std::span<const std::uint8_t> code) {
  if (code.size() > capacity_.bytes()) return {};
  const std::lock_guard lock(storing_);
  std::error_code error;
  fs::create_directories(directory_, error);
  if (error) return Error{"cannot make " + directory_.string() + ": " + error.message()};
  auto written = write(key, code);
  if (written.has_error()) return written;
  if (held_) *held_ += sizeof(Head) + code.size();
  // Looking at thousands of entries takes longer than writing one.
  if (!held_ || *held_ > capacity_.bytes()) held_ = shrink();
  return written;
}

Result<void> CodeCache::write(const std::string& key, std::span<const std::uint8_t> code) const {
  const fs::path part =
      directory_ / (key + "." + std::to_string(::getpid()) + std::string(kPartSuffix));
  ::unlink(part.c_str());  // of a process that had the same number
  Head head;
  std::copy_n(key.begin(), std::min(key.size(), head.key.size()), head.key.begin());
  head.checksum = checksumOf(code);
  const File file(::open(part.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file || !file.write(&head, sizeof head) || !file.write(code.data(), code.size()) ||
      ::fsync(file.get()) != 0 || ::rename(part.c_str(), (directory_ / key).c_str()) != 0) {
    const Error error = systemError("cannot write", part);
    ::unlink(part.c_str());
    return error;
  }
  // The directory is not synced: an entry whose name was lost is compiled again.
  return {};
}

void CodeCache::remove(const std::string& key) {
  ::unlink((directory_ / key).c_str());
}

void CodeCache::noteUses() const {
  std::unordered_map<std::string, fs::file_time_type> used;
  {
    const std::lock_guard lock(usesMutex_);
    used.swap(used_);
  }
  std::error_code gone;
  for (const auto& [key, time] : used) fs::last_write_time(directory_ / key, time, gone);
}

std::uint64_t CodeCache::shrink() const {
  noteUses();
  struct Entry {
    fs::file_time_type used;
    std::uint64_t size;
    fs::path path;
  };
  std::vector<Entry> entries;
  std::uint64_t sum = 0;
  std::error_code error;
  const auto now = fs::file_time_type::clock::now();
  for (const auto& item : fs::directory_iterator(directory_, error)) {
    std::error_code gone;
    const auto used = item.last_write_time(gone);
    const std::uint64_t size = gone ? 0 : item.file_size(gone);
    if (gone) continue;
    if (item.path().extension() == kPartSuffix) {
      if (now - used > kPartAge) fs::remove(item.path(), gone);
      continue;
    }
    entries.push_back({used, size, item.path()});
    sum += size;
  }
  std::sort(entries.begin(), entries.end(),
            [](const Entry& a, const Entry& b) { return a.used < b.used; });
  for (const Entry& entry : entries) {
    if (sum <= capacity_.bytes()) break;
    fs::remove(entry.path, error);
    sum -= entry.size;
  }
  return sum;
}

}  // namespace skiff
