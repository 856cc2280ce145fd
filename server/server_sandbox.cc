// What a daemon gives up before it meets a stranger's byte.

#include <spdlog/spdlog.h>

#include <filesystem>

#include "config/printable.h"
#include "deploy/blobs/blob_store.h"
#include "sandbox/sandbox.h"
#include "server/sandbox_grants.h"
#include "server/server.h"

namespace skiff {

/// All that needs privileges, or paths that are not granted, has been done; nothing that a tenant
/// has written was read.
Result<void> Server::giveUpTheRest() {
  const SandboxConfig& sandbox = config_.sandbox;
  if (sandbox.mode == SandboxMode::off) {
    spdlog::warn("not sandboxed: mode is \"off\" in [sandbox]");
    return {};
  }
  std::error_code error;
  // What is not there cannot be granted. That it cannot be made is told when it is opened.
  const std::filesystem::path blobs = config_.dataDir / BlobStore::kFolder;
  std::filesystem::create_directories(config_.dataDir, error);
  if (std::filesystem::create_directory(blobs, error)) {
    std::filesystem::permissions(blobs, std::filesystem::perms::owner_all, error);
  }
  for (const auto* folders : {&sandbox.read, &sandbox.write}) {
    for (const std::filesystem::path& folder : *folders) {
      if (std::filesystem::exists(folder, error)) continue;
      spdlog::warn("{} in [sandbox] is not there, and cannot be opened later",
                   inQuotes(folder.string()));
    }
  }
  std::vector<PathGrant> grants = sandboxGrants(config_);
  const auto entered = enterSandbox(grants);
  if (entered.has_error()) return Error{"no sandbox: " + entered.error().message};
  for (const std::string& missing : entered->missing) {
    if (sandbox.mode == SandboxMode::required) return Error{"no sandbox: " + missing};
    spdlog::warn("the sandbox is not whole: {}", missing);
  }
  spdlog::info("sandboxed: {}", entered->held);
  if (entered->landlock != 0) {
    grants_ = std::move(grants);
    preparer_.confine(grants_);
  }
  return {};
}

bool Server::isOutsideSandbox(const Config& config) const {
  if (grants_.empty()) return false;
  const auto outside = findOutside(grants_, reloadGrants(config));
  if (outside) spdlog::error("{}", *outside);
  return outside.has_value();
}

}  // namespace skiff
