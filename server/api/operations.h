#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "config/config.h"
#include "deploy/blobs/blob_store.h"
#include "deploy/catalog/catalog.h"
#include "server/api/caller.h"
#include "server/api/change_gate.h"
#include "server/api/host_index.h"
#include "server/api/image_source.h"
#include "server/api/problem.h"
#include "server/api/settings.h"
#include "server/api/tenant_locks.h"
#include "server/api/watch_list.h"
#include "server/app_runtime.h"

namespace skiff {

class CertificateSet;

/// A tenant as it is shown.
struct TenantView {
  TenantRecord record;  ///< of one of the file: its name alone
  Limits limits;
  ClockKind clock = ClockKind::frozen;
  bool fromFile = false;
};

/// An app as it is shown.
struct AppView {
  AppRecord record;  ///< of one of the file: its names, and a document made of its configuration
  std::vector<std::string> secrets;
  std::optional<DeploymentRecord> deployment;
  bool fromFile = false;
};

/// What the API does, without HTTP: each change is checked, resolved, made durable in the catalog
/// and served, or refused with nothing changed. Changes of one tenant are made one after the other.
/// Any thread that may block; not the listener's, not a shard's.
class Operations {
 public:
  struct Parts {
    Catalog& catalog;
    BlobStore& blobs;
    AppRuntime& runtime;
    ImageSource* images = nullptr;         ///< none: images are refused
    std::function<Limits()> serverLimits;  ///< [limits], as they are now
    /// The configuration file's tenants, as they are served now. Empty: there are none.
    std::function<std::vector<TenantConfig>()> fileTenants = {};
    CertificateSet* certificates = nullptr;  ///< none: certificates are refused
    std::size_t versionsKept = 20;           ///< of an app, beside those in use
    ByteSize tenantBlobsMax = 2_GiB;         ///< of all content that one tenant's versions need
  };
  /// REQUIRES: the parts outlive it.
  explicit Operations(Parts parts);
  ~Operations();
  Operations(const Operations&) = delete;
  Operations& operator=(const Operations&) = delete;

  /// Everything in the catalog that can be served, for the start. What
  /// cannot be read, or has no good signature where one is required, is left out, with a line in
  /// the operator's log.
  Result<AppRuntime::Change> loadAll();
  /// The file has other tenants, or other routes of theirs: knows their hosts as theirs.
  void fileChanged();
  /// The limits that tenants and apps inherit are others now: has each serve with those.
  void refresh();
  /// Gives up pulls that are under way, and refuses new ones. For the end.
  void cancel();
  /// Takes cancel() back, for those that come.
  void resume();
  /// Every change goes through it, those that nobody asked for included: tidying up, taking back,
  /// following tags.
  ChangeGate& changes() { return changes_; }

  // Tenants.
  ApiResult<Put<TenantView>> putTenant(const Caller& caller, const std::string& name,
                                       std::string_view document, Precondition condition);
  ApiResult<void> deleteTenant(const Caller& caller, const std::string& name,
                               Precondition condition);
  ApiResult<TenantView> tenant(const std::string& name) const;
  ApiResult<std::vector<TenantView>> tenants(std::string_view after, std::size_t limit) const;

  // Apps.
  ApiResult<Put<AppView>> putApp(const Caller& caller, const std::string& tenant,
                                 const std::string& name, std::string_view document,
                                 Precondition condition);
  ApiResult<void> deleteApp(const Caller& caller, const std::string& tenant,
                            const std::string& name, Precondition condition);
  ApiResult<AppView> app(const std::string& tenant, const std::string& name) const;
  ApiResult<std::vector<AppView>> apps(const std::string& tenant, std::string_view after,
                                       std::size_t limit) const;

  // Secrets.
  ApiResult<void> putSecret(const Caller& caller, const std::string& tenant, const std::string& app,
                            const std::string& name, const std::string& value);
  ApiResult<void> deleteSecret(const Caller& caller, const std::string& tenant,
                               const std::string& app, const std::string& name);

  // Certificates of client listeners, by host in its canonical form.
  /// For a host that the tenant has a route on; an operator's for any. The texts are PEM.
  ApiResult<Put<CertificateRecord>> putCertificate(const Caller& caller, const std::string& tenant,
                                                   std::string_view host, std::string_view chain,
                                                   std::string_view key);
  ApiResult<void> deleteCertificate(const Caller& caller, const std::string& tenant,
                                    std::string_view host);
  ApiResult<CertificateRecord> certificate(const std::string& tenant, std::string_view host) const;
  ApiResult<std::vector<CertificateRecord>> certificates(const std::string& tenant,
                                                         std::string_view after,
                                                         std::size_t limit) const;
  /// Whether clients are shown what was put for the host.
  bool isShown(const CertificateRecord& certificate) const;
  /// Shows what the catalog has, for the start. What cannot be read is left out, with a line in the
  /// operator's log.
  void loadCertificates();

  // Versions.
  struct NewVersion {
    VersionRecord record;
    bool created = false;
    std::vector<std::string> notes;
  };
  /// False from it gives up.
  using Progress = std::function<bool(const ImageSource::Progress&)>;
  ApiResult<NewVersion> uploadVersion(const Caller& caller, const std::string& tenant,
                                      const std::string& app, std::string_view module,
                                      const Progress& progress);
  ApiResult<NewVersion> pullVersion(const Caller& caller, const std::string& tenant,
                                    const std::string& app, const std::string& image,
                                    const Progress& progress);
  /// `name`: the version's, or its beginning (4 digits or more) if there is only one like it.
  ApiResult<VersionRecord> version(const std::string& tenant, const std::string& app,
                                   const std::string& name) const;
  ApiResult<std::vector<VersionRecord>> versions(const std::string& tenant, const std::string& app,
                                                 std::size_t limit) const;

  // Deployments.
  ApiResult<DeploymentRecord> setDeployment(const Caller& caller, const std::string& tenant,
                                            const std::string& app, std::string_view document,
                                            Precondition condition);
  ApiResult<DeploymentRecord> rollback(const Caller& caller, const std::string& tenant,
                                       const std::string& app);
  /// Takes back by itself what fails too often, unless that was changed in the meantime.
  /// False: it could not be done, though it still should.
  bool autoRollback(const AppRuntime::RollbackNotice& notice);
  ApiResult<DeploymentRecord> deployment(const std::string& tenant, const std::string& app) const;
  ApiResult<std::vector<DeploymentRecord>> deployments(const std::string& tenant,
                                                       const std::string& app,
                                                       std::size_t limit) const;

  // What a tag that is watched asks for.
  WatchList& watched() { return watched_; }
  /// Looks whether the tag is another image than `known` and deploys it then. The digest that it
  /// has now.
  ApiResult<std::string> followTag(const std::string& tenant, const std::string& app,
                                   const std::string& image, const std::string& known);

  // Tokens.
  struct TokenRequest {
    Scope scope = Scope::tenantRead;
    std::string tenant;
    std::string note;
    std::chrono::seconds expiresIn{0};  ///< 0: never
  };
  struct NewToken {
    TokenRecord record;
    std::string token;  ///< shown once
  };
  ApiResult<NewToken> createToken(const Caller& caller, const TokenRequest& request);
  ApiResult<void> deleteToken(const Caller& caller, const std::string& id);
  ApiResult<std::vector<TokenRecord>> tokens(const Caller& caller) const;

  // What is only read.
  ApiResult<std::vector<AuditRecord>> audit(const std::string& tenant, Revision before,
                                            std::size_t limit) const;
  std::vector<AppRuntime::AppStatus> status(const std::string& tenant) const;
  /// Whether there is such an app, of the catalog or the file.
  ApiResult<void> requireApp(const std::string& tenant, const std::string& app) const;
  std::unique_ptr<AppRuntime::LogSubscription> followLog(
      const std::string& tenant, const std::string& app,
      std::function<void(std::string_view)> line) {
    return parts_.runtime.followLog(tenant, app, std::move(line));
  }

  Catalog& catalog() { return parts_.catalog; }

 private:
  using Secrets = std::vector<std::pair<std::string, std::string>>;
  /// An app with everything that serving it takes.
  struct Loaded {
    AppRecord record;
    AppSettings settings;
    Secrets secrets;
    std::optional<DeploymentRecord> deployment;
    std::vector<VersionRecord> versions;  ///< of the deployment
  };
  enum class Unserved : std::uint8_t { leaveOut, refuse };

  ApiResult<AppRuntime::Change> changeOf(const std::string& name,
                                         const TenantSettings& tenant) const;
  ApiResult<void> requireWritable(const std::string& tenant) const;
  ApiResult<TenantSettings> readTenant(const std::string& name) const;
  ApiResult<Loaded> load(const TenantSettings& tenant, AppRecord record) const;
  ApiResult<Loaded> loadFor(const std::string& tenant, const std::string& app,
                            const TenantSettings& owner) const;
  /// Whether one of the deployments that are remembered has the version.
  ApiResult<bool> wasDeployed(const VersionRecord& version) const;
  static void addSecrets(AppSpec& spec, const Secrets& secrets);
  /// With the secrets, if it is deployed.
  ApiResult<AppSpec> resolve(const TenantSettings& tenant, const Loaded& app,
                             Unserved unserved) const;
  ApiResult<VersionSpec> resolveVersion(const VersionRecord& version,
                                        const TenantSettings& tenant) const;
  ApiResult<std::vector<VersionRecord>> findVersions(const std::string& tenant,
                                                     const std::string& app,
                                                     std::vector<SplitEntry>& split) const;
  ApiResult<DeploymentRecord> deploy(const Caller& caller, const TenantSettings& tenant, Loaded app,
                                     DeploymentRecord record, Precondition condition);
  ApiResult<DeploymentRecord> rollBack(const Caller& caller, const std::string& tenant,
                                       const std::string& app, DeploymentCause cause,
                                       std::optional<std::int64_t> from);
  /// What a tenant may have of registries; an operator's own pull may have more.
  ImageSource::Access accessOf(const std::string& tenant, const TenantSettings& settings) const;
  ApiResult<NewVersion> pull(const Caller& caller, const std::string& tenant,
                             const std::string& app, const std::string& image, bool asOperator,
                             const Progress& progress);
  ApiResult<NewVersion> pullPinned(const Caller& caller, const std::string& tenant,
                                   const std::string& app, const std::string& image,
                                   bool asOperator, const Progress& progress);
  ApiResult<NewVersion> addVersion(const Caller& caller, VersionRecord record,
                                   const TenantSettings& tenant, const Loaded& app,
                                   const Progress& progress);
  ApiResult<NewVersion> upload(const Caller& caller, const std::string& tenant,
                               const std::string& app, std::string_view module,
                               const Progress& progress);
  /// What the version needs, as the store has it, and what its tenant may need.
  ContentBound boundOf(const VersionRecord& version) const;
  /// Whether the content fits into what the version's tenant may have; if need be, once versions of
  /// the app went that are not to be kept. What is added meanwhile is not known here, but to
  /// Catalog::addVersion().
  ApiResult<void> requireRoom(const VersionRecord& version, const ContentBound& bound) const;
  ApiResult<void> changeSecret(const Caller& caller, const std::string& tenant,
                               const std::string& app, const std::string& name,
                               const std::string* value);
  /// Serves the change once `commit` made it durable.
  template <class T>
  ApiResult<T> apply(const Caller& caller, AppRuntime::Change change,
                     const std::function<CatalogResult<T>()>& commit);
  ApiProblem refusalProblem(const Caller& caller, const AppRuntime::Refusal& refusal) const;

  /// Takes out versions of apps that were deployed or got a new one, and content that nothing
  /// needs; waits first for one that is under way, which may not know yet what is to go.
  void tidy();
  /// Has tidy() called soon, beside the requests.
  void tidySoon();
  void tidyWhenDue(const std::stop_token& stop);
  std::vector<TenantConfig> fileTenants() const;

  Parts parts_;
  ChangeGate changes_;
  mutable TenantLocks locks_;
  HostIndex hosts_;
  std::vector<std::string> fileHosts_;  ///< the file's tenants that are in it; of fileChanged()
  WatchList watched_;
  std::atomic<bool> cancelled_ = false;
  mutable std::mutex stopMutex_;
  std::stop_source stop_;  ///< of what waits for registries; requested when cancelled

  std::mutex tidyMutex_;  ///< held while tidying up
  std::mutex leftMutex_;  ///< guards what follows
  std::set<std::pair<std::string, std::string>> toPrune_;
  std::chrono::steady_clock::time_point tidied_{};
  bool tidyDue_ = false;
  std::condition_variable_any tidyWanted_;
  std::jthread tidier_;  ///< last, so that it ends before what it works with
};

/// Of routes that were checked.
std::vector<RoutePattern> patternsOf(const std::vector<std::string>& routes);

ApiProblem problemOf(const CatalogError& error);
ApiProblem problemOf(const BlobError& error);

}  // namespace skiff
