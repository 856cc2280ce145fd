#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "server/tls/tls_server.h"

namespace skiff {

/// The certificates that client listeners show: those of the configuration's files, and those that
/// were put through the API. Of a host that both are for, the file's is shown. Every change is in
/// use, on all shards, for connections that begin from then on. Any thread.
class CertificateSet {
 public:
  /// `files`: null if the configuration names none: then nobody listens with TLS, and what is put
  /// is kept but shown to nobody.
  explicit CertificateSet(std::shared_ptr<const CertificateTable> files,
                          TlsServer::Http2 http2 = TlsServer::Http2::offered);
  CertificateSet(const CertificateSet&) = delete;
  CertificateSet& operator=(const CertificateSet&) = delete;

  /// What connections are made with; null if nobody listens with TLS. Lives as long as this.
  TlsServer* server() const { return server_.get(); }

  /// REQUIRES: there were files at the start.
  void replaceFiles(std::shared_ptr<const CertificateTable> files);
  /// Whether a file's certificate is for this very host.
  bool isOfFile(std::string_view host) const;

  /// Instead of what was put for its host. REQUIRES: it has one host.
  void put(std::shared_ptr<const Certificate> certificate);
  void putAll(const std::vector<std::shared_ptr<const Certificate>>& certificates);
  void remove(const std::string& host);
  void removeTenant(std::string_view tenant);

  struct Shown {
    std::string host;
    std::shared_ptr<const Certificate> certificate;
  };
  /// By host; none if nobody listens with TLS.
  std::vector<Shown> shown() const;

 private:
  /// REQUIRES: mutex_ is held.
  void show();

  mutable std::mutex mutex_;
  std::shared_ptr<const CertificateTable> files_;
  std::map<std::string, std::shared_ptr<const Certificate>, std::less<>> put_;
  const std::unique_ptr<TlsServer> server_;
};

}  // namespace skiff
