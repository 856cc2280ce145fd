#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "config/result.h"
#include "server/tls/certificate_facts.h"
#include "server/tls/pem.h"

namespace skiff {

/// One certificate with its key, ready to be shown, and the hosts that it is for. Any thread.
class Certificate {
 public:
  struct Loaded;
  /// Reads its files and checks them; the error names the file and says what to do.
  static Result<Loaded> load(const CertificateConfig& config);
  /// Of one that was read already, for these hosts. `place` begins errors and warnings: "the
  /// certificate in "x"". REQUIRES: the key is the chain's, and there is a host.
  static Result<std::shared_ptr<const Certificate>> make(const PemChain& chain,
                                                         const KeyHandle& key,
                                                         std::vector<std::string> hosts,
                                                         std::string tenant, std::string place);
  ~Certificate();
  Certificate(const Certificate&) = delete;
  Certificate& operator=(const Certificate&) = delete;

  ssl_ctx_st* context() const { return context_; }
  /// In the form of parseHostPattern(), sorted.
  const std::vector<std::string>& hosts() const { return hosts_; }
  const std::string& tenant() const { return tenant_; }  ///< empty: anybody's
  /// Whether an app of this tenant may answer over it.
  bool isFor(std::string_view tenant) const { return tenant_.empty() || tenant_ == tenant; }
  const CertificateFacts& facts() const { return facts_; }
  const std::string& place() const { return place_; }  ///< for messages
  /// Whether `host`, in lower case and without a port, is one of its hosts or falls under a "*".
  bool covers(std::string_view host) const;

 private:
  Certificate() = default;

  ssl_ctx_st* context_ = nullptr;
  std::vector<std::string> hosts_;
  std::string tenant_;
  std::string place_;
  CertificateFacts facts_;
};

struct Certificate::Loaded {
  std::shared_ptr<const Certificate> certificate;
  std::vector<std::string> warnings;  ///< sentences for the operator
};

}  // namespace skiff
