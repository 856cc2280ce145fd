#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <utility>

#include "deploy/catalog/catalog.h"
#include "deploy/catalog/change.h"
#include "deploy/catalog/connections.h"
#include "deploy/catalog/secret_cipher.h"

namespace skiff {

/// The catalog in one SQLite file. Its methods are in the files that are named after what they are
/// about: tenants.cc, apps.cc, secrets.cc, versions.cc, deployments.cc, tokens.cc, answers.cc; what
/// concerns all of it is in sqlite_catalog.cc.
class SqliteCatalog final : public Catalog {
 public:
  SqliteCatalog(std::filesystem::path file, ProcessLock lock,
                std::unique_ptr<sqlite::Database> writer, const SecretKey& key, CatalogClock now);

  int lock() const override { return connections_.lock(); }
  CatalogResult<Put<TenantRecord>> putTenant(std::string_view actor, std::string_view name,
                                             std::string_view document,
                                             Precondition condition) override;
  CatalogResult<void> deleteTenant(std::string_view actor, std::string_view name,
                                   Precondition condition) override;
  CatalogResult<TenantRecord> tenant(std::string_view name) const override;
  CatalogResult<std::vector<TenantRecord>> tenants(std::string_view after,
                                                   std::size_t limit) const override;

  CatalogResult<Put<AppRecord>> putApp(std::string_view actor, std::string_view tenant,
                                       std::string_view name, std::string_view document,
                                       Precondition condition) override;
  CatalogResult<void> deleteApp(std::string_view actor, std::string_view tenant,
                                std::string_view name, Precondition condition) override;
  CatalogResult<AppRecord> app(std::string_view tenant, std::string_view name) const override;
  CatalogResult<std::vector<AppRecord>> apps(std::string_view tenant, std::string_view after,
                                             std::size_t limit) const override;

  CatalogResult<AppRecord> putSecret(std::string_view actor, std::string_view tenant,
                                     std::string_view app, std::string_view name,
                                     std::string_view value) override;
  CatalogResult<AppRecord> deleteSecret(std::string_view actor, std::string_view tenant,
                                        std::string_view app, std::string_view name) override;
  CatalogResult<std::vector<std::string>> secretNames(std::string_view tenant,
                                                      std::string_view app) const override;
  CatalogResult<std::vector<std::pair<std::string, std::string>>> secrets(
      std::string_view tenant, std::string_view app) const override;

  CatalogResult<Put<VersionRecord>> addVersion(std::string_view actor, VersionRecord version,
                                               const ContentBound& bound) override;
  CatalogResult<VersionRecord> version(std::string_view tenant, std::string_view app,
                                       std::string_view version) const override;
  CatalogResult<std::vector<VersionRecord>> versions(std::string_view tenant, std::string_view app,
                                                     std::size_t limit) const override;
  CatalogResult<std::size_t> pruneVersions(std::string_view actor, std::string_view tenant,
                                           std::string_view app, std::size_t keep) override;

  CatalogResult<DeploymentRecord> setDeployment(std::string_view actor, DeploymentRecord record,
                                                Precondition condition) override;
  CatalogResult<DeploymentRecord> deployment(std::string_view tenant,
                                             std::string_view app) const override;
  CatalogResult<DeploymentRecord> deployment(std::string_view tenant, std::string_view app,
                                             std::int64_t number) const override;
  CatalogResult<std::vector<DeploymentRecord>> deployments(std::string_view tenant,
                                                           std::string_view app,
                                                           std::size_t limit) const override;

  CatalogResult<void> visit(const Visitor& visitor) const override;

  CatalogResult<Put<CertificateRecord>> putCertificate(std::string_view actor,
                                                       CertificateRecord certificate,
                                                       std::string_view key) override;
  CatalogResult<void> deleteCertificate(std::string_view actor, std::string_view tenant,
                                        std::string_view host) override;
  CatalogResult<CertificateRecord> certificate(std::string_view tenant,
                                               std::string_view host) const override;
  CatalogResult<std::vector<CertificateRecord>> certificates(std::string_view tenant,
                                                             std::string_view after,
                                                             std::size_t limit) const override;
  CatalogResult<void> visitCertificates(
      const std::function<void(const CertificateRecord&, std::string_view key)>& visitor)
      const override;

  CatalogResult<TokenRecord> addToken(std::string_view actor, TokenRecord token,
                                      std::string_view hash) override;
  CatalogResult<void> deleteToken(std::string_view actor, std::string_view id) override;
  CatalogResult<TokenRecord> findToken(std::string_view hash) const override;
  CatalogResult<TokenRecord> token(std::string_view id) const override;
  CatalogResult<std::vector<TokenRecord>> tokens(std::string_view tenant) const override;

  CatalogResult<std::vector<AuditRecord>> audit(std::string_view tenant, Revision before,
                                                std::size_t limit) const override;

  CatalogResult<void> remember(std::string_view token, std::string_view key,
                               const RememberedAnswer& answer) override;
  CatalogResult<std::optional<RememberedAnswer>> remembered(std::string_view token,
                                                            std::string_view key) const override;

  CatalogResult<Content> content() const override;
  CatalogResult<bool> hasBlob(std::string_view tenant, std::string_view digest) const override;
  CatalogResult<std::uint64_t> contentBytes(std::string_view tenant,
                                            const std::vector<ContentSize>& more) const override;

 private:
  UnixMilliseconds time() const;

  /// `work(Change&)`, as one transaction.
  template <class Work>
  std::invoke_result_t<Work&, Change&> change(std::string_view actor, Work work) {
    return connections_.write([&](sqlite::Database& database) {
      Change change(database, actor, time());
      return work(change);
    });
  }

  const CatalogClock now_;
  const SecretCipher cipher_;
  Connections connections_;
};

}  // namespace skiff
