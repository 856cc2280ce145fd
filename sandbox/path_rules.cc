#include "sandbox/path_rules.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <system_error>
#include <utility>

#include "config/printable.h"

namespace skiff {
namespace {

// Those that Debian 12's headers do not have yet.
constexpr std::uint64_t kTruncate = std::uint64_t{1} << 14;
constexpr std::uint64_t kDeviceControl = std::uint64_t{1} << 15;
constexpr std::uint64_t kBindTcp = 1;
constexpr std::uint64_t kAbstractSockets = 1;

/// landlock_ruleset_attr as version 6 has it.
struct RulesetAttributes {
  std::uint64_t files = 0;
  std::uint64_t network = 0;
  std::uint64_t scopes = 0;
};

constexpr std::uint64_t kRead = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
constexpr std::uint64_t kWriteFiles = kRead | LANDLOCK_ACCESS_FS_WRITE_FILE |
                                      LANDLOCK_ACCESS_FS_REMOVE_DIR |
                                      LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR |
                                      LANDLOCK_ACCESS_FS_MAKE_REG | kTruncate;
/// Who can move folders can move the links in them.
constexpr std::uint64_t kWrite =
    kWriteFiles | LANDLOCK_ACCESS_FS_MAKE_SYM | LANDLOCK_ACCESS_FS_REFER;
/// What there is for a file that is no folder.
constexpr std::uint64_t kOfFiles = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_EXECUTE |
                                   LANDLOCK_ACCESS_FS_WRITE_FILE | kTruncate | kDeviceControl;

/// All that this version of Landlock can forbid.
std::uint64_t handledBy(int version) {
  std::uint64_t handled = LANDLOCK_ACCESS_FS_REFER | (LANDLOCK_ACCESS_FS_REFER - 1);
  if (version >= 3) handled |= kTruncate;
  if (version >= 5) handled |= kDeviceControl;
  return handled;
}

std::uint64_t bitsOf(PathAccess access) {
  switch (access) {
    case PathAccess::write:
      return kWrite;
    case PathAccess::writeFiles:
      return kWriteFiles;
    default:
      return kRead;
  }
}

Error failure(const std::string& what) {
  return {what + ": " + std::generic_category().message(errno)};
}

Result<void> add(int rules, const PathGrant& grant, std::uint64_t handled) {
  const int opened = ::open(grant.path.c_str(), O_PATH | O_CLOEXEC);
  if (opened < 0 && (errno == ENOENT || errno == ENOTDIR || errno == EACCES)) return {};
  if (opened < 0) return failure("cannot open " + inQuotes(grant.path.string()));
  landlock_path_beneath_attr rule{};
  rule.parent_fd = opened;
  rule.allowed_access = bitsOf(grant.access) & handled;
  struct stat status {};
  if (::fstat(opened, &status) == 0 && !S_ISDIR(status.st_mode)) rule.allowed_access &= kOfFiles;
  const long added = ::syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
  const int error = errno;
  // A rule is about the folder that there is; the kernel makes those of /proc anew when it likes,
  // but for those that are open.
  struct statfs system {};
  if (added != 0 || ::fstatfs(opened, &system) != 0 || system.f_type != PROC_SUPER_MAGIC) {
    ::close(opened);
  }
  errno = error;
  if (added != 0) return failure("cannot grant " + inQuotes(grant.path.string()));
  return {};
}

}  // namespace

int PathRules::version() {
  const long version =
      ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  constexpr long kMovesFiles = 2;
  return version >= kMovesFiles ? static_cast<int>(version) : 0;
}

Result<PathRules> PathRules::make(const std::vector<PathGrant>& grants) {
  const int offered = version();
  RulesetAttributes attributes{handledBy(offered), offered >= 4 ? kBindTcp : 0,
                               offered >= 6 ? kAbstractSockets : 0};
  const std::size_t size = offered >= 6   ? sizeof attributes
                           : offered >= 4 ? offsetof(RulesetAttributes, scopes)
                                          : offsetof(RulesetAttributes, network);
  const long made = ::syscall(SYS_landlock_create_ruleset, &attributes, size, 0);
  if (made < 0) return failure("the kernel takes no rules on paths (Landlock)");
  PathRules rules(static_cast<int>(made));
  for (const PathGrant& grant : grants) {
    if (auto added = add(rules.descriptor_, grant, attributes.files); added.has_error()) {
      return added.error();
    }
  }
  return rules;
}

PathRules::PathRules(PathRules&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)) {}

PathRules& PathRules::operator=(PathRules&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

PathRules::~PathRules() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

int PathRules::enforce() const {
  return ::syscall(SYS_landlock_restrict_self, descriptor_, 0) == 0 ? 0 : errno;
}

}  // namespace skiff
