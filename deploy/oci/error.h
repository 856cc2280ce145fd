#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "config/result.h"

namespace skiff {

/// Why something could not be pulled.
struct OciError {
  enum class Kind : std::uint8_t {
    badReference,    ///< the reference cannot be parsed
    unauthorized,    ///< the registry wants credentials, or other ones
    notFound,        ///< no such repository, tag or digest
    digestMismatch,  ///< what came is not what the digest or the size says
    tooLarge,        ///< beyond one of the bounds of PullLimits
    unreachable,     ///< no connection, a broken one, too slow, 5xx or 429 to the end
    privateAddress,  ///< a host on this machine or a network that is not public
    tls,             ///< no TLS connection: the certificate, the version
    protocol,        ///< an answer that is none of a registry
    unsupported,     ///< a layout or a kind of module that skiff does not run
    cancelled,
    storeFull,
    storage,  ///< the disk
  };
  Kind kind = Kind::protocol;
  std::string message;  ///< one sentence, with the registry and the repository; never a credential
};

template <class T>
using OciResult = Result<T, OciError>;

/// The kind's fixed word, such as "digest_mismatch": for logs and metrics.
std::string_view ociErrorWord(OciError::Kind kind);

}  // namespace skiff
