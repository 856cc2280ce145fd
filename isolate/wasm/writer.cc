#include "isolate/wasm/writer.h"

namespace skiff::wasm {

void Writer::unsignedNumber(std::uint64_t value) {
  while (value >= 0x80) {
    byte(static_cast<std::uint8_t>(value | 0x80));
    value >>= 7;
  }
  byte(static_cast<std::uint8_t>(value));
}

void Writer::signedNumber(std::int64_t value) {
  while (value < -64 || value > 63) {
    byte(static_cast<std::uint8_t>((value & 0x7f) | 0x80));
    value >>= 7;
  }
  byte(static_cast<std::uint8_t>(value & 0x7f));
}

void Writer::name(std::string_view text) {
  unsignedNumber(text.size());
  bytes_.insert(bytes_.end(), text.begin(), text.end());
}

void Writer::section(std::uint8_t id, std::span<const std::uint8_t> body) {
  byte(id);
  unsignedNumber(body.size());
  bytes(body);
}

void writePreamble(Writer& to) {
  to.bytes({0x00, 'a', 's', 'm', 0x01, 0x00, 0x00, 0x00});
}

}  // namespace skiff::wasm
