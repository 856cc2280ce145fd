#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

struct evp_md_ctx_st;

namespace skiff {

enum class DigestAlgorithm : std::uint8_t { sha256, sha512 };

/// A content digest as OCI writes them (image-spec, descriptor.md), of an algorithm known here. The
/// parts are safe as parts of a path.
struct BlobDigest {
  DigestAlgorithm algorithm = DigestAlgorithm::sha256;
  std::string hex;  ///< lower case, 64 or 128 digits

  /// Nothing if `text` is not "sha256:<64 hex digits>" or "sha512:<128 hex digits>", in lower case.
  static std::optional<BlobDigest> parse(std::string_view text);

  std::string_view algorithmName() const;
  std::string text() const;  ///< "sha256:<hex>"
};

/// How many hexadecimal digits a digest has.
std::size_t hexDigits(DigestAlgorithm algorithm);

/// Computes a digest piece by piece.
class DigestState {
 public:
  explicit DigestState(DigestAlgorithm algorithm);
  void update(std::span<const std::byte> bytes);
  /// The hexadecimal digits of all that came. Once.
  std::string finish();

 private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const;
  };
  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

}  // namespace skiff
