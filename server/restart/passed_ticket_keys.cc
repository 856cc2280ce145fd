#include "server/restart/passed_ticket_keys.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string>
#include <system_error>
#include <vector>

#include "server/tls/ticket_keys.h"

namespace skiff {
namespace {

/// As they lie in that memory. The moment is of the machine's steady clock, which all processes
/// read alike.
struct PassedKey {
  std::array<std::uint8_t, TicketKeys::kNameSize> name;
  std::array<std::uint8_t, 32> cipher;
  std::array<std::uint8_t, 32> mac;
  std::int64_t made;  ///< nanoseconds
};
static_assert(sizeof(PassedKey) == TicketKeys::kNameSize + 32 + 32 + 8);

/// Another version of skiff may have written it: what a later one writes otherwise begins
/// otherwise.
struct Passed {
  static constexpr std::array<char, 8> kForm{'t', 'i', 'c', 'k', 'e', 't', 's', '1'};

  Passed() = default;
  ~Passed() { OPENSSL_cleanse(this, sizeof(*this)); }
  Passed(const Passed&) = delete;
  Passed& operator=(const Passed&) = delete;

  std::array<char, 8> form{};
  std::uint64_t count = 0;
  std::array<PassedKey, TicketKeys::kMost> keys{};
};

Error failure(const std::string& what) {
  return Error{"the keys of TLS session tickets " + what + ": " +
               std::generic_category().message(errno)};
}

bool writeAll(int descriptor, const Passed& passed) {
  return ::pwrite(descriptor, &passed, sizeof(passed), 0) == ssize_t{sizeof(passed)};
}

}  // namespace

Result<Descriptor> passOnTicketKeys(const TicketKeys& keys) {
  Passed passed;
  passed.form = Passed::kForm;
  for (const TicketKeys::Key& key : keys.all()) {
    if (passed.count == passed.keys.size()) break;
    const std::chrono::nanoseconds made = key.made.time_since_epoch();
    passed.keys[passed.count++] = {key.name, key.cipher, key.mac, made.count()};
  }
  Descriptor memory(::memfd_create("skiff-ticket-keys", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  constexpr int kSeals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
  if (!memory || !writeAll(memory.number(), passed) ||
      ::fcntl(memory.number(), F_ADD_SEALS, kSeals) != 0) {
    return failure("cannot be passed on");
  }
  return memory;
}

Result<void> takeTicketKeys(const Descriptor& memory, TicketKeys& keys) {
  Passed passed;
  errno = 0;
  const ssize_t got = ::pread(memory.number(), &passed, sizeof(passed), 0);
  const bool isWhole = got == ssize_t{sizeof(passed)} &&
                       ::lseek(memory.number(), 0, SEEK_END) == off_t{sizeof(passed)};
  if (got < 0) return failure("cannot be taken over");
  if (!isWhole || passed.form != Passed::kForm || passed.count > passed.keys.size()) {
    return Error{
        "the keys of TLS session tickets that were passed to this process are in another form than "
        "its own: clients cannot resume their sessions, and make new ones"};
  }
  std::vector<TicketKeys::Key> taken(passed.count);
  for (std::size_t i = 0; i < taken.size(); ++i) {
    const PassedKey& key = passed.keys[i];
    taken[i].name = key.name;
    taken[i].cipher = key.cipher;
    taken[i].mac = key.mac;
    taken[i].made = TicketKeys::Time(std::chrono::nanoseconds(key.made));
  }
  keys.adopt(taken);
  if (!writeAll(memory.number(), Passed())) {
    return failure("are in use, but could not be overwritten where they came from");
  }
  return {};
}

}  // namespace skiff
