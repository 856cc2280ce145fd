// A route pattern that parses must survive being written out and read again, and a table with it
// must take any host and path.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "router/route_pattern.h"
#include "router/route_table.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace skiff;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto pattern = RoutePattern::parse(text);
  if (!pattern) {
    if (pattern.error().message.empty()) std::abort();
    return 0;
  }
  const auto again = RoutePattern::parse(pattern->text());
  if (!again || !(*again == *pattern)) std::abort();

  const auto table = RouteTable::build(std::vector{RouteSpec{*pattern, 0, 1, "tenant/app"}});
  if (!table) std::abort();
  RouteMatch match{};
  // The input itself as a request, split at its first slash: hostile, but a lookup like any other.
  const std::size_t slash = text.find('/');
  const bool found = table->lookup(text.substr(0, slash), text.substr(slash), match);
  // What a pattern names exactly, it matches.
  const bool exact = pattern->hostKind == RoutePattern::Host::exact &&
                     pattern->pathKind == RoutePattern::Path::exact;
  if (exact && !found) std::abort();
  return 0;
}
