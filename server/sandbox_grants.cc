#include "server/sandbox_grants.h"

#include <algorithm>
#include <cstdlib>
#include <sstream>
#include <system_error>

#include "config/printable.h"

namespace skiff {
namespace {

namespace fs = std::filesystem;

/// What libraries read while it serves: to find hosts (the C library loads parts of itself for
/// that), to trust registries, and to tell the time.
constexpr const char* kSystemFiles[] = {"/etc/gai.conf",
                                        "/etc/host.conf",
                                        "/etc/hosts",
                                        "/etc/ld.so.cache",
                                        "/etc/localtime",
                                        "/etc/nsswitch.conf",
                                        "/etc/resolv.conf",
                                        "/etc/services",
                                        "/etc/ssl",
                                        "/usr/share/ca-certificates",
                                        "/usr/local/share/ca-certificates",
                                        "/usr/share/zoneinfo",
                                        "/lib",
                                        "/lib64",
                                        "/usr/lib",
                                        "/usr/lib64",
                                        "/dev/urandom",
                                        "/proc/self",
                                        "/proc/cpuinfo",
                                        "/proc/meminfo",
                                        "/proc/stat",
                                        "/proc/sys/vm",
                                        "/sys/fs/cgroup",
                                        "/sys/devices/system/cpu"};

class Grants {
 public:
  /// What is not there is left out. What links lead to is granted, as it is by then.
  void add(const fs::path& path, PathAccess access) {
    std::error_code error;
    const fs::path real = fs::canonical(path, error);
    if (!error) grants_.push_back({real, access});
  }
  /// The folders that the file and what it links to are in.
  void addFolderOf(const fs::path& file, PathAccess access) {
    add(file.parent_path(), access);
    std::error_code error;
    const fs::path real = fs::canonical(file, error);
    if (!error) add(real.parent_path(), access);
  }
  void addOf(const AppConfig& app) {
    if (app.files) add(*app.files, PathAccess::read);
    for (const DirectoryGrant& folder : app.dirs) {
      add(folder.host, folder.write ? PathAccess::write : PathAccess::read);
    }
  }
  std::vector<PathGrant> take() && { return std::move(grants_); }

 private:
  std::vector<PathGrant> grants_;
};

/// Where the file that names the machine's resolvers really is, if not in /etc: it is replaced when
/// the network changes.
void addResolverFolder(Grants& grants) {
  std::error_code error;
  const fs::path real = fs::canonical("/etc/resolv.conf", error);
  if (!error && real.parent_path() != "/etc") grants.add(real.parent_path(), PathAccess::read);
}

/// Of authorities that registries are trusted by, if not the system's own.
void addAuthorityFolders(Grants& grants) {
  const char* const named = std::getenv("SSL_CERT_DIR");
  std::istringstream folders(named != nullptr ? named : "");
  for (std::string folder; std::getline(folders, folder, ':');) {
    grants.add(folder, PathAccess::read);
  }
}

/// With the folders that lie elsewhere, on another disk for example.
void addDataFolder(Grants& grants, const fs::path& folder) {
  grants.add(folder, PathAccess::write);
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    std::error_code unknown;
    if (at->is_symlink(unknown)) grants.add(at->path(), PathAccess::write);
  }
}

}  // namespace

std::vector<PathGrant> sandboxGrants(const Config& config) {
  Grants grants;
  for (const char* path : kSystemFiles) grants.add(path, PathAccess::read);
  addResolverFolder(grants);
  addAuthorityFolders(grants);
  grants.add("/dev/null", PathAccess::write);
  grants.addFolderOf(config.file, PathAccess::read);
  addDataFolder(grants, config.dataDir);
  if (config.server.accessLog.starts_with('/')) {
    grants.addFolderOf(config.server.accessLog, PathAccess::write);
  }
  for (const CertificateConfig& certificate : config.certificates) {
    grants.addFolderOf(certificate.certificate, PathAccess::read);
    grants.addFolderOf(certificate.key, PathAccess::read);
  }
  for (const fs::path& file : {config.admin.certificate, config.admin.key, config.admin.clientCa}) {
    if (!file.empty()) grants.addFolderOf(file, PathAccess::read);
  }
  for (const auto& [name, registry] : config.oci.registries) {
    if (registry.passwordFile) grants.addFolderOf(*registry.passwordFile, PathAccess::read);
    if (registry.ca) grants.addFolderOf(*registry.ca, PathAccess::read);
  }
  for (const TenantConfig& tenant : config.tenants) {
    for (const AppConfig& app : tenant.apps) {
      grants.addFolderOf(app.module, PathAccess::read);
      grants.addOf(app);
    }
  }
  for (const fs::path& folder : config.sandbox.read) grants.add(folder, PathAccess::read);
  for (const fs::path& folder : config.sandbox.write) grants.add(folder, PathAccess::write);
  return std::move(grants).take();
}

std::vector<PathGrant> sandboxGrants(const AppConfig& app) {
  Grants grants;
  grants.addOf(app);
  return std::move(grants).take();
}

std::optional<std::string> findOutside(const std::vector<PathGrant>& grants,
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
  const bool writes = outside->access == PathAccess::write;
  return inQuotes(outside->path.string()) + " is outside of skiffd's sandbox, which was settled " +
         "when it started: name it, or a folder above it, in [sandbox] " +
         (writes ? "write" : "read") + " and restart skiffd";
}

}  // namespace skiff
