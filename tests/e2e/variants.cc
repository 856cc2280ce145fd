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
  constexpr std::size_t kMost = 100;  // so that all lengths take one byte
  if (note.size() > kMost) throw std::invalid_argument("the note is too long");
  module += '\0';  // a custom section (WebAssembly core specification, 5.5.3)
  module += static_cast<char>(1 + kName.size() + note.size());
  module += static_cast<char>(kName.size());
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
