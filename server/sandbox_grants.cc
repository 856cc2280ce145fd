#include "server/sandbox_grants.h"

#include <algorithm>
#include <cstdlib>
#include <set>
#include <sstream>
#include <system_error>

#include "config/printable.h"
#include "deploy/blobs/blob_store.h"

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

/// Or the same. REQUIRES: both are absolute, without links.
bool isBelow(const fs::path& path, const fs::path& folder) {
  return std::mismatch(folder.begin(), folder.end(), path.begin(), path.end()).first ==
         folder.end();
}

class Grants {
 public:
  /// What is not there is left out. What links lead to is granted, as it is by then.
  void add(const fs::path& path, PathAccess access) {
    std::error_code error;
    noteName(path);
    const fs::path real = fs::canonical(path, error);
    if (!error) grants_.push_back({real, access});
  }
  /// The folders that the file and what it links to are in, to read.
  void addFolderOf(const fs::path& file) {
    noteName(file);
    add(file.parent_path(), PathAccess::read);
    std::error_code error;
    const fs::path real = fs::canonical(file, error);
    if (!error) add(real.parent_path(), PathAccess::read);
  }
  /// Where a file is written to that is moved away and made anew; a device or a pipe alone.
  void addLog(const fs::path& file) {
    noteName(file);
    std::error_code error;
    const fs::path real = fs::canonical(file, error);
    if (error) {
      // A pipe that /proc leads to has no path, and needs no grant.
      if (!fs::exists(file, error)) add(file.parent_path(), PathAccess::writeFiles);
      return;
    }
    add(fs::is_regular_file(real, error) ? real.parent_path() : real, PathAccess::writeFiles);
  }
  void addOf(const AppConfig& app) {
    if (app.files) add(*app.files, PathAccess::read);
    for (const DirectoryGrant& folder : app.dirs) {
      add(folder.host, folder.write ? PathAccess::write : PathAccess::read);
    }
  }
  std::vector<PathGrant> take() && {
    for (PathGrant& grant : grants_) {
      const bool hasNames = std::any_of(names_.begin(), names_.end(), [&](const fs::path& name) {
        return name != grant.path && isBelow(name, grant.path);
      });
      if (hasNames && grant.access == PathAccess::write) grant.access = PathAccess::writeFiles;
    }
    return std::move(grants_);
  }

 private:
  /// With the folders above it, and where links of these names lead.
  void noteName(fs::path path) {
    for (; path.has_relative_path(); path = path.parent_path()) {
      std::error_code error;
      const fs::path folder = fs::canonical(path.parent_path(), error);
      if (error) continue;
      const fs::path name = folder / path.filename();
      if (!names_.insert(name).second) continue;
      const fs::path target = fs::read_symlink(name, error);
      if (!error) noteName(folder / target);
    }
  }

  std::vector<PathGrant> grants_;
  std::set<fs::path> names_;  ///< where what decides about the grants is looked up
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

/// With the folders that lie elsewhere, on another disk for example. Links are made only among the
/// blobs, for images have some.
void addDataFolder(Grants& grants, const fs::path& folder) {
  grants.add(folder, PathAccess::writeFiles);
  grants.add(folder / BlobStore::kFolder, PathAccess::write);
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    std::error_code unknown;
    const bool isElsewhere = at->is_symlink(unknown) && at->path().filename() != BlobStore::kFolder;
    if (isElsewhere) grants.add(at->path(), PathAccess::writeFiles);
  }
}

void addReloaded(Grants& grants, const Config& config) {
  for (const CertificateConfig& certificate : config.certificates) {
    grants.addFolderOf(certificate.certificate);
    grants.addFolderOf(certificate.key);
  }
  for (const fs::path& file : {config.admin.certificate, config.admin.key, config.admin.clientCa}) {
    if (!file.empty()) grants.addFolderOf(file);
  }
  for (const auto& [name, registry] : config.oci.registries) {
    if (registry.passwordFile) grants.addFolderOf(*registry.passwordFile);
    if (registry.ca) grants.addFolderOf(*registry.ca);
  }
  for (const TenantConfig& tenant : config.tenants) {
    for (const AppConfig& app : tenant.apps) {
      grants.addFolderOf(app.module);
      grants.addOf(app);
    }
  }
}

}  // namespace

std::vector<PathGrant> sandboxGrants(const Config& config) {
  Grants grants;
  for (const char* path : kSystemFiles) grants.add(path, PathAccess::read);
  addResolverFolder(grants);
  addAuthorityFolders(grants);
  grants.add("/dev/null", PathAccess::writeFiles);
  grants.addFolderOf(config.file);
  addDataFolder(grants, config.dataDir);
  if (config.server.accessLog.starts_with('/')) grants.addLog(config.server.accessLog);
  addReloaded(grants, config);
  for (const fs::path& folder : config.sandbox.read) grants.add(folder, PathAccess::read);
  for (const fs::path& folder : config.sandbox.write) grants.add(folder, PathAccess::write);
  return std::move(grants).take();
}

std::vector<PathGrant> reloadGrants(const Config& config) {
  Grants grants;
  addReloaded(grants, config);
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
    const bool isEnough = want.access == PathAccess::read || grant.access != PathAccess::read;
    return isEnough && isBelow(want.path, grant.path);
  };
  const auto outside = std::find_if(wanted.begin(), wanted.end(), [&](const PathGrant& want) {
    return std::none_of(grants.begin(), grants.end(),
                        [&](const PathGrant& grant) { return covers(grant, want); });
  });
  if (outside == wanted.end()) return std::nullopt;
  const bool writes = outside->access != PathAccess::read;
  return inQuotes(outside->path.string()) + " is outside of skiffd's sandbox, which was settled " +
         "when it started: name it, or a folder above it, in [sandbox] " +
         (writes ? "write" : "read") + " and restart skiffd";
}

}  // namespace skiff
