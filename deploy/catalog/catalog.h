#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/result.h"
#include "deploy/catalog/records.h"

namespace skiff {

/// Why the catalog did not do what was asked.
struct CatalogError {
  enum class Kind : std::uint8_t {
    notFound,  ///< there is no such tenant, app, version, deployment, secret, certificate or token
    changed,   ///< the precondition does not hold
    taken,     ///< it is another tenant's
    full,      ///< it would be beyond one of the bounds in deploy/catalog/bounds.h
    noRoom,    ///< the tenant's content would be beyond what the caller allows
    storage,   ///< SQLite or the disk; nothing was changed
  };
  Kind kind = Kind::storage;
  std::string message;  ///< one sentence
  int system = 0;       ///< errno, if it is the disk's doing
};

template <class T>
using CatalogResult = Result<T, CatalogError>;

/// What must hold for a change to be made (RFC 9110, section 13.1).
struct Precondition {
  enum class Kind : std::uint8_t { none, matches, absent, present };
  Kind kind = Kind::none;
  Revision revision = 0;  ///< for `matches`
};

/// A change that was made, and what it was made to.
template <class Record>
struct Put {
  Record record;
  bool created = false;
};

/// A blob or a tree, by name, and the bytes that it takes on disk.
struct ContentSize {
  std::string name;
  std::uint64_t bytes = 0;
};

/// What a new version needs on disk, and how much its tenant may need in all.
struct ContentBound {
  std::vector<ContentSize> sizes;  ///< of the version's blobs and its tree; others count 0
  /// Bytes of all content that the tenant's versions need, each counted once.
  std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
};

/// The state of record: tenants, apps, versions, deployments, secrets, tokens, and who changed
/// what. Each change is one transaction, with its line in the audit log; it is durable when the
/// call returns, whatever happens then, and there whole or not at all. `actor` is who changes it,
/// for the audit log.
///
/// An interface, so that a store that several hosts share can take its place. Every call may block
/// for the disk. Any thread.
class Catalog {
 public:
  virtual ~Catalog() = default;

  // Tenants, by name.
  virtual CatalogResult<Put<TenantRecord>> putTenant(std::string_view actor, std::string_view name,
                                                     std::string_view document,
                                                     Precondition condition) = 0;
  /// With everything that it has, tokens included.
  virtual CatalogResult<void> deleteTenant(std::string_view actor, std::string_view name,
                                           Precondition condition) = 0;
  virtual CatalogResult<TenantRecord> tenant(std::string_view name) const = 0;
  /// Those behind `after` in the order of names, `limit` at most.
  virtual CatalogResult<std::vector<TenantRecord>> tenants(std::string_view after,
                                                           std::size_t limit) const = 0;

  // Apps, by name within their tenant.
  virtual CatalogResult<Put<AppRecord>> putApp(std::string_view actor, std::string_view tenant,
                                               std::string_view name, std::string_view document,
                                               Precondition condition) = 0;
  virtual CatalogResult<void> deleteApp(std::string_view actor, std::string_view tenant,
                                        std::string_view name, Precondition condition) = 0;
  virtual CatalogResult<AppRecord> app(std::string_view tenant, std::string_view name) const = 0;
  virtual CatalogResult<std::vector<AppRecord>> apps(std::string_view tenant,
                                                     std::string_view after,
                                                     std::size_t limit) const = 0;

  // Secrets: encrypted with the catalog's key. A change gives the app a new revision. The audit log
  // has their names alone.
  virtual CatalogResult<AppRecord> putSecret(std::string_view actor, std::string_view tenant,
                                             std::string_view app, std::string_view name,
                                             std::string_view value) = 0;
  virtual CatalogResult<AppRecord> deleteSecret(std::string_view actor, std::string_view tenant,
                                                std::string_view app, std::string_view name) = 0;
  virtual CatalogResult<std::vector<std::string>> secretNames(std::string_view tenant,
                                                              std::string_view app) const = 0;
  /// Names and values, by name. For what serves the app, and nobody else, who overwrites the values
  /// when done (cleanse() of secret_cipher.h).
  virtual CatalogResult<std::vector<std::pair<std::string, std::string>>> secrets(
      std::string_view tenant, std::string_view app) const = 0;

  // Versions.
  /// As given, but for `created` and `createdBy`, which are set here. One that is there already
  /// stays as it is, and is what comes back; but a signature that is `verified` becomes its own.
  /// `changed` if it has another digest; `noRoom` beyond the bound, which holds whatever else is
  /// added meanwhile.
  virtual CatalogResult<Put<VersionRecord>> addVersion(std::string_view actor,
                                                       VersionRecord version,
                                                       const ContentBound& bound = {}) = 0;
  virtual CatalogResult<VersionRecord> version(std::string_view tenant, std::string_view app,
                                               std::string_view version) const = 0;
  /// The newest first.
  virtual CatalogResult<std::vector<VersionRecord>> versions(std::string_view tenant,
                                                             std::string_view app,
                                                             std::size_t limit) const = 0;
  /// Takes out the oldest beyond `keep`, but none that the current deployment has, or the one that
  /// a rollback from there goes to. How many went.
  virtual CatalogResult<std::size_t> pruneVersions(std::string_view actor, std::string_view tenant,
                                                   std::string_view app, std::size_t keep) = 0;

  // Deployments.
  /// `record` says tenant, app, split, sticky, autoRollback, cause and, for a rollback,
  /// rollsBackTo; the rest is set here (for others, rollsBackTo is the deployment before). notFound
  /// if one of the versions is not there. `condition` is about the app's current deployment. Of an
  /// app's deployments, the latest 100 are kept, and the one that a rollback goes to; a rollback's
  /// rollsBackTo is 0 if that deployment is gone.
  virtual CatalogResult<DeploymentRecord> setDeployment(std::string_view actor,
                                                        DeploymentRecord record,
                                                        Precondition condition) = 0;
  /// The current one.
  virtual CatalogResult<DeploymentRecord> deployment(std::string_view tenant,
                                                     std::string_view app) const = 0;
  virtual CatalogResult<DeploymentRecord> deployment(std::string_view tenant, std::string_view app,
                                                     std::int64_t number) const = 0;
  /// The newest first.
  virtual CatalogResult<std::vector<DeploymentRecord>> deployments(std::string_view tenant,
                                                                   std::string_view app,
                                                                   std::size_t limit) const = 0;

  /// Everything that is needed to serve, for the start: each tenant, followed by each of its apps
  /// with its current deployment and that one's versions, in the order of names, as all was at one
  /// moment. The catalog may be used meanwhile. The secrets are overwritten behind the call.
  struct Visitor {
    std::function<void(const TenantRecord&)> tenant;
    std::function<void(const AppRecord&,
                       const std::vector<std::pair<std::string, std::string>>& secrets,
                       const std::optional<DeploymentRecord>&, const std::vector<VersionRecord>&)>
        app;
  };
  virtual CatalogResult<void> visit(const Visitor& visitor) const = 0;

  // Certificates, by host; keys are encrypted as secrets are. The audit log has the summary.
  /// As given, but for `revision`, `created` and `createdBy`, which are set here. `taken` if
  /// another tenant has one for the host.
  virtual CatalogResult<Put<CertificateRecord>> putCertificate(std::string_view actor,
                                                               CertificateRecord certificate,
                                                               std::string_view key) = 0;
  virtual CatalogResult<void> deleteCertificate(std::string_view actor, std::string_view tenant,
                                                std::string_view host) = 0;
  virtual CatalogResult<CertificateRecord> certificate(std::string_view tenant,
                                                       std::string_view host) const = 0;
  /// Those behind `after` in the order of hosts, `limit` at most.
  virtual CatalogResult<std::vector<CertificateRecord>> certificates(std::string_view tenant,
                                                                     std::string_view after,
                                                                     std::size_t limit) const = 0;
  /// All, with their keys, which are overwritten behind the call. For what shows them.
  virtual CatalogResult<void> visitCertificates(
      const std::function<void(const CertificateRecord&, std::string_view key)>& visitor) const = 0;

  // Tokens, found by the SHA-256 of what their owners know.
  /// `created` is set here, and `id` if it is empty; `expires` is brought forward to its parent's.
  /// notFound if its tenant is not in the catalog, or its parent does not hold.
  virtual CatalogResult<TokenRecord> addToken(std::string_view actor, TokenRecord token,
                                              std::string_view hash) = 0;
  /// With all tokens that were made with it, and with those: each has its line in the audit log.
  virtual CatalogResult<void> deleteToken(std::string_view actor, std::string_view id) = 0;
  /// notFound also if it has expired.
  virtual CatalogResult<TokenRecord> findToken(std::string_view hash) const = 0;
  virtual CatalogResult<TokenRecord> token(std::string_view id) const = 0;
  /// Of one tenant; of all if it is empty. In the order of their making.
  virtual CatalogResult<std::vector<TokenRecord>> tokens(std::string_view tenant) const = 0;

  // What was changed: the newest first, those before `before` (0: from the newest), of one tenant
  // or, if it is empty, of all. Of a tenant that is there, since it was made: what was done under
  // its name before that is not its own. What is kept, and for how long: bounds.h.
  virtual CatalogResult<std::vector<AuditRecord>> audit(std::string_view tenant, Revision before,
                                                        std::size_t limit) const = 0;

  // Answers to requests that are repeated. Kept for a day, by token and key, encrypted as secrets
  // are; 1,000 for a token. The first one stays.
  virtual CatalogResult<void> remember(std::string_view token, std::string_view key,
                                       const RememberedAnswer& answer) = 0;
  /// Nothing if there is none.
  virtual CatalogResult<std::optional<RememberedAnswer>> remembered(std::string_view token,
                                                                    std::string_view key) const = 0;

  /// Digests of all blobs, and names of all trees, that versions need.
  struct Content {
    std::vector<std::string> blobs;
    std::vector<std::string> trees;
  };
  virtual CatalogResult<Content> content() const = 0;
  /// Whether one of the tenant's versions has the blob.
  virtual CatalogResult<bool> hasBlob(std::string_view tenant, std::string_view digest) const = 0;
  /// Bytes of all content that the tenant's versions need, each counted once, with `more` among it.
  virtual CatalogResult<std::uint64_t> contentBytes(std::string_view tenant,
                                                    const std::vector<ContentSize>& more) const = 0;

  /// The descriptor that keeps other processes out, as long as one of it is open anywhere: for a
  /// process that takes this one's place. Stays the catalog's; -1: it has none.
  virtual int lock() const { return -1; }
};

/// Tells the time of what is recorded, and when tokens expire.
using CatalogClock = std::function<std::chrono::system_clock::time_point()>;

/// Opens `file`, and makes it if it is not there (its folder must be); brings one that an older
/// skiff made up to date. `keyFile` holds the key for secrets: 32 bytes, made with the catalog; it
/// must be the one that the secrets in the catalog were encrypted with. All files get mode 0600.
/// The error says what to do. One process at a time (a lock on `file`.lock): a second one is
/// refused. But a process that was given the other's lock() may open it beside that one, once that
/// one changes nothing any more; `lock` becomes the catalog's, and is closed if it cannot be
/// opened.
Result<std::unique_ptr<Catalog>> openCatalog(
    const std::filesystem::path& file, const std::filesystem::path& keyFile,
    CatalogClock now = [] { return std::chrono::system_clock::now(); }, int lock = -1);

}  // namespace skiff
