#include "deploy/oci/error.h"

namespace skiff {

std::string_view ociErrorWord(OciError::Kind kind) {
  switch (kind) {
    case OciError::Kind::badReference:
      return "bad_reference";
    case OciError::Kind::unauthorized:
      return "unauthorized";
    case OciError::Kind::notFound:
      return "not_found";
    case OciError::Kind::digestMismatch:
      return "digest_mismatch";
    case OciError::Kind::tooLarge:
      return "too_large";
    case OciError::Kind::unreachable:
      return "unreachable";
    case OciError::Kind::privateAddress:
      return "private_address";
    case OciError::Kind::tls:
      return "tls";
    case OciError::Kind::protocol:
      return "protocol";
    case OciError::Kind::unsupported:
      return "unsupported";
    case OciError::Kind::cancelled:
      return "cancelled";
    case OciError::Kind::storeFull:
      return "store_full";
    case OciError::Kind::storage:
      return "storage";
  }
  return "protocol";
}

}  // namespace skiff
