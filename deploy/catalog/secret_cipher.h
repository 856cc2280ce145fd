#pragma once

#include <array>
#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>

namespace skiff {

/// Overwrites what `text` holds, in a way that is not optimised away, and empties it.
void cleanse(std::string& text);

/// A key, which is overwritten wherever it was once it is no longer needed.
struct SecretKey {
  static constexpr std::size_t kSize = 32;
  std::array<unsigned char, kSize> bytes{};

  SecretKey() = default;
  SecretKey(const SecretKey&) = default;
  SecretKey& operator=(const SecretKey&) = default;
  ~SecretKey();
};

/// Seals what must not be readable in the catalog's files: AES-256-GCM (NIST SP 800-38D) with a
/// random nonce each time. Any thread.
class SecretCipher {
 public:
  explicit SecretCipher(const SecretKey& key) : key_(key) {}

  /// What something is and to whom it belongs. What was sealed under one identity opens under no
  /// other, so that nothing can be moved to where someone else reads it.
  using Identity = std::initializer_list<std::string_view>;

  /// The nonce, what was encrypted, and the tag.
  std::string seal(std::string_view plain, Identity identity) const;
  /// Puts what was sealed into `plain`, and nowhere else. False, and nothing, if it was not sealed
  /// so: with another key, for another identity, or changed since.
  [[nodiscard]] bool open(std::string_view sealed, Identity identity, std::string& plain) const;

 private:
  const SecretKey key_;
};

}  // namespace skiff
