#include "tests/e2e/variants.h"

#include <cstdio>
#include <stdexcept>

#include "tests/e2e/admin_api.h"

namespace skiff::e2e {

std::string withText(std::string module, std::string_view from, std::string_view to) {
  const std::size_t at = module.find(from);
  if (from.size() != to.size() || at == std::string::npos ||
      module.find(from, at + 1) != std::string::npos) {
    throw std::invalid_argument("cannot replace \"" + std::string(from) + "\" in the module");
  }
  return module.replace(at, to.size(), to);
}

std::string withNote(std::string module, std::string_view note) {
  constexpr std::string_view kName = "note";
  const auto addSize = [&module](std::size_t size) {  // LEB128, as all sizes in a module
    for (; size >= 0x80; size >>= 7) module += static_cast<char>(0x80 | (size & 0x7f));
    module += static_cast<char>(size);
  };
  module += '\0';  // a custom section (WebAssembly core specification, 5.5.3)
  addSize(1 + kName.size() + note.size());
  addSize(kName.size());
  return module.append(kName).append(note);
}

std::string answerOf(std::size_t number) {
  char text[32];
  std::snprintf(text, sizeof text, "answer %08zu", number % 100'000'000);
  return text;
}

std::string moduleAnswering(std::size_t number) {
  return withText(guestBytes("hello_wat"), "Hello from wasm", answerOf(number));
}

}  // namespace skiff::e2e
