#include "deploy/oci/tls_trust.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/ssl/context.hpp>
#include <utility>

#include "config/printable.h"
#include "config/regular_file.h"

namespace skiff {
namespace {

namespace ssl = boost::asio::ssl;

constexpr ByteSize kLargestCaFile = 4_MiB;
/// Where Debian has the authorities, whatever OpenSSL was built to look into.
constexpr const char* kSystemAuthorities = "/etc/ssl/certs";

}  // namespace

Result<TlsTrust> TlsTrust::load(const std::optional<std::filesystem::path>& ca) {
  auto context = std::make_shared<ssl::context>(ssl::context::tls_client);
  boost::system::error_code error;
  SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
  context->set_verify_mode(ssl::verify_peer, error);
  // Folders only, in which OpenSSL looks for the one authority that it needs: to read the file with
  // all of them takes a tenth of a second. Without any, every certificate is refused, which is
  // error enough.
  SSL_CTX_set_default_verify_dir(context->native_handle());
  context->add_verify_path(kSystemAuthorities, error);
  if (ca) {
    const auto bytes = readRegularFile(*ca, kLargestCaFile);
    if (bytes.has_error()) {
      return Error{"the CA file " + inQuotes(ca->string()) + " " + bytes.error().message};
    }
    context->add_certificate_authority(boost::asio::buffer(*bytes), error);
    if (error) {
      return Error{"the CA file " + inQuotes(ca->string()) + " holds no certificate in PEM"};
    }
  }
  return TlsTrust(std::move(context));
}

}  // namespace skiff
