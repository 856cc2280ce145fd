#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "config/result.h"
#include "server/tls/certificate_facts.h"

namespace skiff {

/// What the admin listener shows over TLS, and whose certificates it asks for. Immutable; replaced
/// as a whole. Any thread.
class AdminCertificate {
 public:
  struct Loaded;
  /// Reads the files of `[admin]`; the error names the file and says what to do. REQUIRES:
  /// config.isTls().
  static Result<Loaded> load(const AdminConfig& config);
  ~AdminCertificate();
  AdminCertificate(const AdminCertificate&) = delete;
  AdminCertificate& operator=(const AdminCertificate&) = delete;

  /// Resumes no sessions: each connection is checked anew. Clients without a certificate that it
  /// asks for are refused in the handshake.
  ssl_ctx_st* context() const { return context_; }
  bool covers(std::string_view host) const;
  const CertificateFacts& facts() const { return facts_; }
  const std::string& place() const { return place_; }  ///< for messages

 private:
  AdminCertificate() = default;

  ssl_ctx_st* context_ = nullptr;
  std::vector<std::string> hosts_;
  std::string place_;
  CertificateFacts facts_;
};

struct AdminCertificate::Loaded {
  std::shared_ptr<const AdminCertificate> certificate;
  std::vector<std::string> warnings;  ///< sentences for the operator
};

}  // namespace skiff
