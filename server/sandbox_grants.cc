#include "server/sandbox_grants.h"

#include <algorithm>
#include <system_error>

namespace skiff {
namespace {

namespace fs = std::filesystem;

/// What libraries read while it serves: to find hosts, to trust registries, to tell the time, and
/// to start the processes that compile.
constexpr const char* kSystemFiles[] = {"/etc/gai.conf",
                                        "/etc/host.conf",
                                        "/etc/hosts",
                                        "/etc/ld.so.cache",
                                        "/etc/localtime",
                                        "/etc/nsswitch.conf",
                                        "/etc/resolv.conf",
                                        "/etc/services",
                                        "/etc/ssl",
                                        "/run/systemd/resolve",
                                        "/usr/share/ca-certificates",
                                        "/usr/local/share/ca-certificates",
                                        "/usr/share/zoneinfo",
                                        "/lib",
                                        "/lib64",
                                        "/usr/lib",
                                        "/usr/lib64",
                                        "/dev/urandom",
                                        "/proc",
                                        "/sys/fs/cgroup",
                                        "/sys/devices/system/cpu"};
/// What starts a program that is linked to shared libraries.
constexpr const char* kLoaders[] = {"/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1"};

class Grants {
 public:
  void add(const fs::path& path, PathAccess access) { grants_.push_back({path, access}); }
  /// The folders that the file and what it links to are in.
  void addFolderOf(const fs::path& file, PathAccess access) {
    add(file.parent_path(), access);
    std::error_code error;
    const fs::path real = fs::canonical(file, error);
    if (!error && real.parent_path() != file.parent_path()) add(real.parent_path(), access);
  }
  std::vector<PathGrant> take() && { return std::move(grants_); }

 private:
  std::vector<PathGrant> grants_;
};

/// With the folders that lie elsewhere, on another disk for example.
void addDataFolder(Grants& grants, const fs::path& folder) {
  grants.add(folder, PathAccess::write);
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    std::error_code unknown;
    if (!at->is_symlink(unknown)) continue;
    const fs::path real = fs::canonical(at->path(), unknown);
    if (!unknown) grants.add(real, PathAccess::write);
  }
}

/// The engine, for the processes that compile, and the addons beside it.
void addEngine(Grants& grants, const fs::path& library) {
  std::error_code error;
  const fs::path engine = fs::read_symlink("/proc/self/exe", error);
  if (!error) grants.add(engine, PathAccess::execute);
  grants.add(library, PathAccess::read);
  for (const char* loader : kLoaders) grants.add(loader, PathAccess::execute);
}

}  // namespace

std::vector<PathGrant> sandboxGrants(const Config& config, const fs::path& library) {
  Grants grants;
  for (const char* path : kSystemFiles) grants.add(path, PathAccess::read);
  grants.add("/dev/null", PathAccess::write);
  addEngine(grants, library);
  grants.addFolderOf(config.file, PathAccess::read);
  addDataFolder(grants, config.dataDir);
  if (config.server.accessLog.starts_with('/')) {
    grants.addFolderOf(config.server.accessLog, PathAccess::write);
  }
  for (const CertificateConfig& certificate : config.certificates) {
    grants.addFolderOf(certificate.certificate, PathAccess::read);
    grants.addFolderOf(certificate.key, PathAccess::read);
  }
  for (const fs::path& file :
       {config.admin.certificate, config.admin.key, config.admin.clientCa}) {
    if (!file.empty()) grants.addFolderOf(file, PathAccess::read);
  }
  for (const auto& [name, registry] : config.oci.registries) {
    if (registry.passwordFile) grants.addFolderOf(*registry.passwordFile, PathAccess::read);
    if (registry.ca) grants.addFolderOf(*registry.ca, PathAccess::read);
  }
  for (const TenantConfig& tenant : config.tenants) {
    for (const AppConfig& app : tenant.apps) {
      grants.addFolderOf(app.module, PathAccess::read);
      if (app.files) grants.add(*app.files, PathAccess::read);
      for (const DirectoryGrant& folder : app.dirs) {
        grants.add(folder.host, folder.write ? PathAccess::write : PathAccess::read);
      }
    }
  }
  for (const fs::path& folder : config.sandbox.read) grants.add(folder, PathAccess::read);
  for (const fs::path& folder : config.sandbox.write) grants.add(folder, PathAccess::write);
  return std::move(grants).take();
}

std::optional<PathGrant> findOutside(const std::vector<PathGrant>& grants,
                                     const std::vector<PathGrant>& wanted) {
  const auto covers = [](const PathGrant& grant, const PathGrant& want) {
    if (want.access != PathAccess::read && grant.access != want.access) return false;
    const auto end =
        std::mismatch(grant.path.begin(), grant.path.end(), want.path.begin(), want.path.end());
    return end.first == grant.path.end();
  };
  const auto outside = std::find_if(wanted.begin(), wanted.end(), [&](const PathGrant& want) {
    return std::none_of(grants.begin(), grants.end(),
                        [&](const PathGrant& grant) { return covers(grant, want); });
  });
  if (outside == wanted.end()) return std::nullopt;
  return *outside;
}

}  // namespace skiff
