#include "deploy/catalog/random_id.h"

#include <openssl/rand.h>

#include <stdexcept>
#include <string_view>
#include <vector>

namespace skiff {

std::string randomId(std::size_t bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::vector<unsigned char> random(bytes);
  // Fails only if the system has no random bytes at all.
  if (RAND_bytes(random.data(), static_cast<int>(bytes)) != 1) {
    throw std::runtime_error("OpenSSL has no random bytes");
  }
  std::string id;
  for (const unsigned char byte : random) id.append({kDigits[byte >> 4], kDigits[byte & 0xF]});
  return id;
}

}  // namespace skiff
