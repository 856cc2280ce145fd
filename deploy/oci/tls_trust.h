#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "config/result.h"

namespace boost::asio::ssl {
class context;
}

namespace skiff {

/// Whom TLS connections trust: the system's certificate authorities (/etc/ssl/certs, and the folder
/// that SSL_CERT_DIR names), and those of a PEM file. TLS 1.2 or later. Any thread.
class TlsTrust {
 public:
  /// The error is a sentence that names the file.
  static Result<TlsTrust> load(const std::optional<std::filesystem::path>& ca);

  boost::asio::ssl::context& context() const { return *context_; }

 private:
  explicit TlsTrust(std::shared_ptr<boost::asio::ssl::context> context)
      : context_(std::move(context)) {}

  std::shared_ptr<boost::asio::ssl::context> context_;
};

}  // namespace skiff
