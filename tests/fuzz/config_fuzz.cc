// Any text is a configuration or a list of what is wrong with it.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "config/load.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto config = skiff::parseConfig(text, "/etc/skiff/skiff.toml");
  if (config.has_error()) {
    if (config.error().empty()) std::abort();  // a refusal without a reason
    for (const skiff::Diagnostic& diagnostic : config.error()) {
      if (diagnostic.text().empty()) std::abort();
    }
  }
  return 0;
}
