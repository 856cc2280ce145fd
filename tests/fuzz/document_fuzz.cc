// Any text is a tenant's document and an app's, or a list of what is wrong with it.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "config/documents.h"

namespace {

template <class Document>
void check(const skiff::Result<Document, skiff::DocumentErrors>& document) {
  if (document.has_value()) return;
  if (document.error().empty()) std::abort();  // a refusal without a reason
  if (document.error().size() > skiff::kMostDocumentErrors + 1) std::abort();
  for (const skiff::DocumentError& error : document.error()) {
    if (error.message.empty() || error.message.size() > 2'000) std::abort();
    if (error.path.size() > 2'000) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check(skiff::parseTenantDocument(text, {}));
  check(skiff::parseAppDocument(text, "hello", {}, skiff::ClockKind::frozen));
  return 0;
}
