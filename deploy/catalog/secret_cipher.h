#pragma once

#include <array>
#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace skiff {

/// Overwrites what `text` holds, in a way that is not optimised away, and empties it.
void cleanse(std::string& text);

/// Seals what must not be readable in the catalog's files: AES-256-GCM (NIST SP 800-38D) with a
/// random nonce each time. Any thread.
class SecretCipher {
 public:
  static constexpr std::size_t kKeySize = 32;
  using Key = std::array<unsigned char, kKeySize>;

  explicit SecretCipher(const Key& key) : key_(key) {}
  ~SecretCipher();
  SecretCipher(const SecretCipher&) = delete;
  SecretCipher& operator=(const SecretCipher&) = delete;

  /// What something is and to whom it belongs. What was sealed under one identity opens under no
  /// other, so that nothing can be moved to where someone else reads it.
  using Identity = std::initializer_list<std::string_view>;

  /// The nonce, what was encrypted, and the tag.
  std::string seal(std::string_view plain, Identity identity) const;
  /// Nothing if it was not sealed so: with another key, for another identity, or changed since.
  std::optional<std::string> open(std::string_view sealed, Identity identity) const;

 private:
  Key key_;
};

}  // namespace skiff
