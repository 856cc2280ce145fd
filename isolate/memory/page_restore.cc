#include "isolate/memory/page_restore.h"

#include <cstdint>
#include <cstring>

namespace skiff {
namespace {

// One widest vector register; the compiler takes two or four smaller ones where there is none.
using Vector = std::uint64_t __attribute__((vector_size(64), aligned(64)));
constexpr std::size_t kStretch = 4 * sizeof(Vector);

[[gnu::always_inline]] inline bool anySet(const Vector& vector) {
  std::uint64_t all = 0;
  for (std::size_t i = 0; i < 8; ++i) all |= vector[i];
  return all != 0;
}

[[gnu::always_inline]] inline void restore(std::byte* to, const std::byte* from,
                                           std::size_t length) {
  for (std::size_t at = 0; at < length; at += kStretch) {
    auto* const target = reinterpret_cast<Vector*>(to + at);
    const auto* const source = reinterpret_cast<const Vector*>(from + at);
    const Vector a = source[0];
    const Vector b = source[1];
    const Vector c = source[2];
    const Vector d = source[3];
    const Vector differences =
        (a ^ target[0]) | (b ^ target[1]) | (c ^ target[2]) | (d ^ target[3]);
    if (__builtin_expect(anySet(differences), 0)) {
      target[0] = a;
      target[1] = b;
      target[2] = c;
      target[3] = d;
    }
  }
}

[[gnu::always_inline]] inline void clear(std::byte* to, std::size_t length) {
  for (std::size_t at = 0; at < length; at += kStretch) {
    const auto* const target = reinterpret_cast<const Vector*>(to + at);
    const Vector any = target[0] | target[1] | target[2] | target[3];
    if (__builtin_expect(anySet(any), 0)) std::memset(to + at, 0, kStretch);
  }
}

struct Functions {
  void (*restore)(std::byte*, const std::byte*, std::size_t);
  void (*clear)(std::byte*, std::size_t);
};

void restoreAnywhere(std::byte* to, const std::byte* from, std::size_t length) {
  restore(to, from, length);
}
void clearAnywhere(std::byte* to, std::size_t length) {
  clear(to, length);
}

#if defined(__x86_64__)
[[gnu::target("avx2")]] void restoreAvx2(std::byte* to, const std::byte* from, std::size_t length) {
  restore(to, from, length);
}
[[gnu::target("avx2")]] void clearAvx2(std::byte* to, std::size_t length) {
  clear(to, length);
}
[[gnu::target("avx512f,avx512bw")]] void restoreAvx512(std::byte* to, const std::byte* from,
                                                       std::size_t length) {
  restore(to, from, length);
}
[[gnu::target("avx512f,avx512bw")]] void clearAvx512(std::byte* to, std::size_t length) {
  clear(to, length);
}
#endif

Functions bestFunctions() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")) {
    return {restoreAvx512, clearAvx512};
  }
  if (__builtin_cpu_supports("avx2")) return {restoreAvx2, clearAvx2};
#endif
  return {restoreAnywhere, clearAnywhere};
}

const Functions kBest = bestFunctions();

}  // namespace

void restoreBytes(std::byte* to, const std::byte* from, std::size_t length) {
  kBest.restore(to, from, length);
}

void clearBytes(std::byte* to, std::size_t length) {
  kBest.clear(to, length);
}

}  // namespace skiff
