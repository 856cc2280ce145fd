// The certificates that a daemon shows: those of the file, and what watches over all.

#include <spdlog/spdlog.h>

#include "server/server.h"

namespace skiff {
namespace {

constexpr std::chrono::hours kExpiryLook{1};

/// With the warnings in the log; the error is of the first file that is wrong, the others are
/// logged.
Result<std::shared_ptr<const CertificateTable>> loadCertificates(
    const std::vector<CertificateConfig>& configs) {
  auto loaded = CertificateTable::load(configs);
  if (loaded.has_error()) {
    const std::vector<Error> errors = loaded.error();
    for (std::size_t i = 1; i < errors.size(); ++i) spdlog::error("{}", errors[i].message);
    return errors.front();
  }
  for (const std::string& warning : loaded->warnings) spdlog::warn("{}", warning);
  return std::move(loaded->table);
}

/// Null if there is to be no TLS.
Result<std::shared_ptr<const AdminCertificate>> loadAdminCertificate(const AdminConfig& config) {
  if (!config.isTls()) return std::shared_ptr<const AdminCertificate>();
  auto loaded = AdminCertificate::load(config);
  if (loaded.has_error()) return loaded.error();
  for (const std::string& warning : loaded->warnings) spdlog::warn("{}", warning);
  return std::move(loaded->certificate);
}

}  // namespace

Result<void> Server::openTls() {
  std::shared_ptr<const CertificateTable> files;
  if (!config_.certificates.empty()) {
    auto table = loadCertificates(config_.certificates);
    if (table.has_error()) return table.error();
    files = std::move(*table);
  }
  certificates_ = std::make_unique<CertificateSet>(
      std::move(files), config_.server.http2 ? TlsServer::Http2::offered : TlsServer::Http2::no);
  auto ofAdmin = loadAdminCertificate(config_.admin);
  if (ofAdmin.has_error()) return ofAdmin.error();
  adminCertificate_ = std::move(*ofAdmin);
  return {};
}

bool Server::replaceCertificates(const Config& config) {
  std::shared_ptr<const CertificateTable> table;
  std::shared_ptr<const AdminCertificate> ofAdmin;
  if (certificates_->server() != nullptr && !config.certificates.empty()) {
    auto loaded = loadCertificates(config.certificates);
    if (loaded.has_error()) {
      spdlog::error("{}", loaded.error().message);
      return false;
    }
    table = std::move(*loaded);
  }
  if (config_.admin.isTls() && config.admin.isTls()) {
    auto loaded = loadAdminCertificate(config.admin);
    if (loaded.has_error()) {
      spdlog::error("{}", loaded.error().message);
      return false;
    }
    ofAdmin = std::move(*loaded);
  }
  if (table) {
    certificates_->replaceFiles(std::move(table));
    spdlog::info("{} certificates are in use for new connections", config.certificates.size());
  }
  if (ofAdmin) {
    {
      const std::lock_guard lock(stateMutex_);
      adminCertificate_ = ofAdmin;
    }
    if (adminStarted_) admin_->replaceCertificate(std::move(ofAdmin));
    spdlog::info("the admin listener's certificate is in use for new connections");
  }
  return true;
}

void Server::watchExpiry() {
  using namespace std::chrono;
  const std::int64_t now = duration_cast<seconds>(system_clock::now().time_since_epoch()).count();
  const auto look = [&](const auto& certificate) {
    const auto warning = expiryWatch_.look(certificate.place(), certificate.facts(), now);
    if (warning) spdlog::warn("{}", *warning);
  };
  for (const CertificateSet::Shown& one : certificates_->shown()) look(*one.certificate);
  if (const auto ofAdmin = adminCertificate()) look(*ofAdmin);
  expiryTimer_.expires_after(kExpiryLook);
  expiryTimer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) watchExpiry();
  });
}

std::shared_ptr<const AdminCertificate> Server::adminCertificate() const {
  const std::lock_guard lock(stateMutex_);
  return adminCertificate_;
}

}  // namespace skiff
