#include "isolate/abi/env.h"

#include <algorithm>
#include <string>

#include "isolate/host_context.h"

namespace skiff {
namespace {

/// Longest text of a message, in UTF-16 code units.
constexpr std::uint32_t kMaxUnits = 1'024;
constexpr char32_t kReplacement = 0xfffd;

void appendUtf8(std::string& text, char32_t point) {
  const auto put = [&text](char32_t byte) { text.push_back(static_cast<char>(byte)); };
  if (point < 0x80) {
    put(point);
  } else if (point < 0x800) {
    put(0xc0 | point >> 6);
    put(0x80 | (point & 0x3f));
  } else if (point < 0x10000) {
    put(0xe0 | point >> 12);
    put(0x80 | (point >> 6 & 0x3f));
    put(0x80 | (point & 0x3f));
  } else {
    put(0xf0 | point >> 18);
    put(0x80 | (point >> 12 & 0x3f));
    put(0x80 | (point >> 6 & 0x3f));
    put(0x80 | (point & 0x3f));
  }
}

bool isHighSurrogate(char32_t unit) {
  return unit >= 0xd800 && unit < 0xdc00;
}
bool isLowSurrogate(char32_t unit) {
  return unit >= 0xdc00 && unit < 0xe000;
}

/// The text of an AssemblyScript string, in UTF-8; empty if there is none or it cannot be read.
std::string readString(GuestMemory& memory, std::uint32_t address) {
  constexpr std::uint32_t kLengthSize = 4;
  if (address < kLengthSize) return {};
  const auto bytes = memory.load<std::uint32_t>(address - kLengthSize);
  if (!bytes) return {};

  const std::uint32_t units = std::min(*bytes / 2, kMaxUnits);
  const auto unitAt = [&](std::uint32_t index) -> std::optional<char32_t> {
    const std::uint64_t at = std::uint64_t{address} + std::uint64_t{index} * 2;
    if (index >= units || at > UINT32_MAX) return std::nullopt;
    return memory.load<std::uint16_t>(static_cast<std::uint32_t>(at));
  };
  std::string text;
  for (std::uint32_t i = 0; i < units; ++i) {
    const auto unit = unitAt(i);
    if (!unit) break;
    if (isHighSurrogate(*unit)) {
      const auto low = unitAt(i + 1);
      if (low && isLowSurrogate(*low)) {
        appendUtf8(text, 0x10000 + ((*unit - 0xd800) << 10) + (*low - 0xdc00));
        ++i;
        continue;
      }
    }
    const bool lone = isHighSurrogate(*unit) || isLowSurrogate(*unit);
    appendUtf8(text, lone ? kReplacement : *unit);
  }
  return text;
}

HostResult abortGuest(HostContext& context, const std::uint32_t* slots) {
  const std::string message = readString(context.memory(), slots[0]);
  const std::string file = readString(context.memory(), slots[1]);
  std::string text = "the program aborted";
  if (!message.empty()) text += ": " + message;
  if (!file.empty()) {
    text += " (" + file + ":" + std::to_string(slots[2]) + ":" + std::to_string(slots[3]) + ")";
  }
  return context.trap(std::move(text));
}

constexpr HostFunction kFunctions[] = {{"abort", "iiii", 0, false, abortGuest}};
constexpr HostModule kModule = {"env", kFunctions};

}  // namespace

const HostModule& envModule() {
  return kModule;
}

}  // namespace skiff
