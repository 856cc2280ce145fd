#include "server/http/request_id.h"

#include <cstddef>
#include <random>

namespace skiff {
namespace {

/// The finaliser of SplitMix64: one-to-one, so different numbers stay different.
std::uint64_t scramble(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

std::uint64_t random64() {
  std::random_device device;
  return std::uint64_t{device()} << 32 | device();
}

void writeHex(char* out, std::uint64_t number) {
  constexpr char kDigits[] = "0123456789abcdef";
  for (int i = 15; i >= 0; --i, number >>= 4) out[i] = kDigits[number & 15];
}

}  // namespace

RequestIds::RequestIds() : prefix_(random64()), last_(random64()) {}

RequestIds::Text RequestIds::text(std::uint64_t number) const {
  Text text;
  writeHex(text.data(), prefix_);
  writeHex(text.data() + 16, scramble(number));
  return text;
}

}  // namespace skiff
