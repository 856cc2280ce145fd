#include "server/restart/passed_descriptors.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "config/printable.h"

namespace skiff {
namespace {

/// The variable's value, which the environment does not have any more; nothing if it is not set.
std::optional<std::string> takeVariable(const char* name) {
  const char* const value = std::getenv(name);
  if (value == nullptr) return std::nullopt;
  std::string text = value;
  ::unsetenv(name);
  return text;
}

std::optional<std::size_t> numberOf(std::string_view text) {
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

Result<PassedDescriptors> PassedDescriptors::take() {
  const auto process = takeVariable("LISTEN_PID");
  const auto count = takeVariable("LISTEN_FDS");
  const std::string names = takeVariable("LISTEN_FDNAMES").value_or("");
  PassedDescriptors passed;
  // For somebody else: a parent that passed its environment on.
  if (!process || !count || *process != std::to_string(::getpid())) return passed;
  const auto number = numberOf(*count);
  if (!number || *number > kMost) {
    return Error{"LISTEN_FDS is " + inQuotes(*count) + "; it must be a number, " +
                 std::to_string(kMost) + " at most"};
  }
  std::string_view rest = names;
  for (std::size_t i = 0; i < *number; ++i) {
    const int descriptor = kFirst + static_cast<int>(i);
    if (::fcntl(descriptor, F_SETFD, FD_CLOEXEC) != 0) {
      return Error{"LISTEN_FDS is " + *count + ", but descriptor " + std::to_string(descriptor) +
                   " is not open"};
    }
    const std::size_t colon = std::min(rest.find(':'), rest.size());
    passed.left_.push_back({Descriptor(descriptor), std::string(rest.substr(0, colon))});
    rest.remove_prefix(std::min(colon + 1, rest.size()));
  }
  return passed;
}

Descriptor PassedDescriptors::takeNamed(std::string_view name) {
  const auto found = std::find_if(left_.begin(), left_.end(),
                                  [&](const PassedDescriptor& one) { return one.name == name; });
  if (found == left_.end()) return {};
  Descriptor descriptor = std::move(found->descriptor);
  left_.erase(found);
  return descriptor;
}

}  // namespace skiff
