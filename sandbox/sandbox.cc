#include "sandbox/sandbox.h"

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <iterator>
#include <optional>
#include <system_error>

#include "sandbox/every_thread.h"
#include "sandbox/system_calls.h"

namespace skiff {
namespace {

// Each of these is the calling thread's, and gives 0 or an errno.

int gainNoPrivileges() {
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 ? 0 : errno;
}

bool hasCapabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = {};
  if (::syscall(SYS_capget, &header, sets) != 0) return true;
  return std::any_of(std::begin(sets), std::end(sets), [](const __user_cap_data_struct& set) {
    return (set.effective | set.permitted | set.inheritable) != 0;
  });
}

int dropCapabilities() {
  // What a program that is started could be given. Only those who may drop from it need to.
  for (int capability = 0; ::prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; ++capability) {
    if (::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0 && errno != EPERM) return errno;
  }
  (void)::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  const __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {};
  return !hasCapabilities() || ::syscall(SYS_capset, &header, none) == 0 ? 0 : errno;
}

}  // namespace

Result<void> giveUpCapabilities() {
  return onEveryThread(dropCapabilities);
}

Result<SandboxReport> enterSandbox(const std::vector<PathGrant>& grants) {
  SandboxReport report;
  report.landlock = PathRules::version();
  std::optional<PathRules> rules;
  if (report.landlock != 0) {
    auto made = PathRules::make(grants);
    if (made.has_error()) return made.error();
    rules = std::move(*made);
  } else {
    report.missing.push_back(
        "the kernel offers no rules on paths (Landlock, Linux 5.19): only file permissions say "
        "what skiffd may open");
  }
  std::atomic<int> capabilities{0};
  const auto left = onEveryThread([&] {
    if (const int error = gainNoPrivileges(); error != 0) return error;
    // Whoever confines this process from outside may have forbidden that.
    if (const int error = dropCapabilities(); error != 0) capabilities = error;
    return rules ? rules->enforce() : 0;
  });
  if (left.has_error()) return left.error();
  if (capabilities != 0) {
    report.missing.push_back("capabilities cannot be given up (capset): " +
                             std::generic_category().message(capabilities));
  }
  report.held = capabilities == 0 ? "no privileges" : "no new privileges";
  if (rules) {
    report.held += ", " + std::to_string(grants.size()) + " paths (Landlock " +
                   std::to_string(report.landlock) + ")";
  }
  if (const auto kept = keepServingCalls(); kept.has_error()) {
    report.missing.push_back(kept.error().message + "; programs can be started");
  } else {
    report.held += ", the system calls of a server (seccomp)";
  }
  return report;
}

}  // namespace skiff
