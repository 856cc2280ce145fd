#pragma once

#include <cstddef>
#include <cstdint>

namespace skiff {

/// What daemon and compile child say to each other, over a stream socket: a request with its
/// module, then a reply with its payload, again and again. Both are one build on one machine, so
/// this is memory as it is.
constexpr int kCompileDescriptor = 3;  ///< the child's end of the socket

struct CompileRequestHead {
  static constexpr std::uint64_t kMagic = 0x31'71'65'72'66'6b'73;  // "skfreq1"
  std::uint64_t magic = kMagic;
  std::uint64_t moduleSize = 0;  ///< bytes that follow
  std::uint64_t memory = 0;      ///< the limits
  std::uint64_t cpuSeconds = 0;
  std::uint64_t native = 0;
  std::uint64_t lowered = 0;  ///< 1: at lowered priority
};

enum class CompileStatus : std::uint64_t {
  compiled,  ///< the payload is machine code
  invalid,   ///< the payload says why
  tooLarge,  ///< no payload: there is more machine code than allowed
};

struct CompileReplyHead {
  static constexpr std::uint64_t kMagic = 0x31'70'65'72'66'6b'73;  // "skfrep1"
  std::uint64_t magic = kMagic;
  CompileStatus status = CompileStatus::compiled;
  std::uint64_t payloadSize = 0;  ///< bytes that follow
};

/// Why the child ended by itself: its exit code.
constexpr int kCompileOutOfMemory = 101;
constexpr int kCompileBadRequest = 102;

}  // namespace skiff
