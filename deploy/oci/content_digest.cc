#include "deploy/oci/content_digest.h"

#include <span>

#include "deploy/blobs/blob_digest.h"

namespace skiff {

bool isDigest(std::string_view text) {
  return BlobDigest::parse(text).has_value();
}

bool matchesDigest(std::string_view bytes, std::string_view digest) {
  const auto expected = BlobDigest::parse(digest);
  if (!expected) return false;
  DigestState state(expected->algorithm);
  state.update(std::as_bytes(std::span(bytes)));
  return state.finish() == expected->hex;
}

}  // namespace skiff
