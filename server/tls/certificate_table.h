#pragma once

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/tls/certificate.h"

namespace skiff {

/// Which certificate is shown to a client that names a host (SNI, RFC 6066, 3). Immutable; replaced
/// as a whole. Any thread.
class CertificateTable {
 public:
  struct Loaded;
  /// Reads all files. Everything that is wrong, or the table and what an operator should know. Two
  /// certificates for one host are an error. REQUIRES: there is one.
  static Result<Loaded, std::vector<Error>> load(std::span<const CertificateConfig> configs);

  /// This one with more behind: a host that is in here already keeps its certificate.
  std::shared_ptr<const CertificateTable> with(
      std::span<const std::shared_ptr<const Certificate>> more) const;

  /// Whether there is a certificate for `host` itself: "*.example.com" is a host of its own here.
  bool has(std::string_view host) const { return byHost_.contains(host); }
  /// Each host with its certificate.
  const std::map<std::string, std::shared_ptr<const Certificate>, std::less<>>& byHost() const {
    return byHost_;
  }
  /// The certificate for `host`: one that has its very name, else one with a "*" for its first
  /// label, else the first. Any text.
  std::shared_ptr<const Certificate> find(std::string_view host) const;
  /// The first, for clients that name no host.
  const std::shared_ptr<const Certificate>& fallback() const { return fallback_; }

 private:
  std::shared_ptr<const Certificate> fallback_;
  std::map<std::string, std::shared_ptr<const Certificate>, std::less<>> byHost_;
};

struct CertificateTable::Loaded {
  std::shared_ptr<const CertificateTable> table;
  std::vector<std::string> warnings;  ///< sentences for the operator
};

}  // namespace skiff
