#include "deploy/catalog/key_file.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <system_error>

#include "config/printable.h"
#include "config/regular_file.h"

namespace skiff {
namespace {

namespace fs = std::filesystem;

std::string named(const fs::path& file) {
  return "the key file " + inQuotes(file.string());
}

Error systemError(const std::string& what, const fs::path& path) {
  return Error{what + " " + inQuotes(path.string()) + ": " +
               std::generic_category().message(errno)};
}

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int number() const { return number_; }

 private:
  const int number_;
};

}  // namespace

Result<std::optional<SecretKey>> readKeyFile(const fs::path& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) {
    if (errno == ENOENT) return std::optional<SecretKey>();
    return systemError("cannot look at", file);
  }
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return Error{named(file) +
                 " may be used by others than its owner: make it private with \"chmod 600\""};
  }
  auto bytes = readRegularFile(file, ByteSize(4096));
  if (bytes.has_error()) return Error{named(file) + " " + bytes.error().message};
  SecretKey key;
  const bool fits = bytes->size() == key.bytes.size();
  if (fits) std::copy(bytes->begin(), bytes->end(), key.bytes.begin());
  OPENSSL_cleanse(bytes->data(), bytes->size());
  if (!fits) {
    return Error{named(file) + " holds " + std::to_string(bytes->size()) + " bytes instead of " +
                 std::to_string(SecretKey::kSize) + ": restore it from a backup"};
  }
  return std::optional(key);
}

Result<SecretKey> makeKeyFile(const fs::path& file) {
  SecretKey key;
  if (RAND_bytes(key.bytes.data(), static_cast<int>(key.bytes.size())) != 1) {
    return Error{"OpenSSL has no random bytes for a key"};
  }
  const fs::path part = file.string() + ".part";
  ::unlink(part.c_str());  // left by a process that was interrupted here
  {
    const Descriptor made(
        ::open(part.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (made.number() < 0) return systemError("cannot make", part);
    if (::write(made.number(), key.bytes.data(), key.bytes.size()) !=
            static_cast<ssize_t>(key.bytes.size()) ||
        ::fsync(made.number()) != 0 || ::rename(part.c_str(), file.c_str()) != 0) {
      const Error error = systemError("cannot write", part);
      ::unlink(part.c_str());
      return error;
    }
  }
  if (auto synced = syncFolderOf(file); synced.has_error()) return synced.error();
  return key;
}

Result<void> syncFolderOf(const fs::path& file) {
  const fs::path folder = file.has_parent_path() ? file.parent_path() : fs::path(".");
  const Descriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (opened.number() < 0 || ::fsync(opened.number()) != 0) {
    return systemError("cannot sync", folder);
  }
  return {};
}

}  // namespace skiff
