#include "server/tls/certificate_set.h"

#include <utility>

namespace skiff {

CertificateSet::CertificateSet(std::shared_ptr<const CertificateTable> files,
                               TlsServer::Http2 http2)
    : files_(std::move(files)),
      server_(files_ ? std::make_unique<TlsServer>(files_, http2) : nullptr) {}

void CertificateSet::show() {
  if (!server_) return;
  std::vector<std::shared_ptr<const Certificate>> more;
  more.reserve(put_.size());
  for (const auto& [host, certificate] : put_) more.push_back(certificate);
  server_->replace(files_->with(more));
}

void CertificateSet::replaceFiles(std::shared_ptr<const CertificateTable> files) {
  const std::lock_guard lock(mutex_);
  files_ = std::move(files);
  show();
}

bool CertificateSet::isOfFile(std::string_view host) const {
  const std::lock_guard lock(mutex_);
  return files_ && files_->has(host);
}

void CertificateSet::put(std::shared_ptr<const Certificate> certificate) {
  putAll({std::move(certificate)});
}

void CertificateSet::putAll(const std::vector<std::shared_ptr<const Certificate>>& certificates) {
  const std::lock_guard lock(mutex_);
  for (const auto& one : certificates) put_[one->hosts().front()] = one;
  show();
}

void CertificateSet::remove(const std::string& host) {
  const std::lock_guard lock(mutex_);
  put_.erase(host);
  show();
}

void CertificateSet::removeTenant(std::string_view tenant) {
  const std::lock_guard lock(mutex_);
  std::erase_if(put_, [&](const auto& entry) { return entry.second->tenant() == tenant; });
  show();
}

std::vector<CertificateSet::Shown> CertificateSet::shown() const {
  if (!server_) return {};
  std::vector<Shown> all;
  for (const auto& [host, certificate] : server_->certificates()->byHost()) {
    all.push_back({host, certificate});
  }
  return all;
}

}  // namespace skiff
