#include "config/repository_pattern.h"

#include <algorithm>

#include "config/printable.h"
#include "config/registry_name.h"

namespace skiff {
namespace {

constexpr std::size_t kLongestPattern = 512;
constexpr std::string_view kEverything = "*";

/// The parts of a repository's name, of which the last may be "*".
bool isPath(std::string_view path) {
  static constexpr std::string_view kOthers = "._-";
  for (;;) {
    const std::size_t slash = path.find('/');
    const std::string_view part = path.substr(0, slash);
    const bool isLast = slash == path.npos;
    if (isLast && part == kEverything) return true;
    if (part.empty() || !std::all_of(part.begin(), part.end(), [](char c) {
          return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                 kOthers.find(c) != kOthers.npos;
        })) {
      return false;
    }
    if (isLast) return true;
    path.remove_prefix(slash + 1);
  }
}

}  // namespace

Result<std::string> parseRepositoryPattern(std::string_view text) {
  const auto refuse = [&](std::string_view what) {
    return Error{
        "repositories are HOST/* or HOST/PATH/* or HOST/PATH, such as "
        "\"registry.example.com/acme/*\"; " +
        inQuotes(text) + " " + std::string(what)};
  };
  const std::size_t slash = text.find('/');
  if (text.size() > kLongestPattern) return refuse("is too long");
  if (slash == text.npos) return refuse("has no \"/\" behind the registry");
  auto registry = parseRegistryName(text.substr(0, slash));
  if (registry.has_error()) return refuse("begins with no registry: " + registry.error().message);
  if (!isPath(text.substr(slash + 1))) {
    return refuse(
        "does not go on with parts of a-z, 0-9, \".\", \"_\" and \"-\" between slashes, the last "
        "of "
        "which may be \"*\"");
  }
  return Result<std::string>(boost::system::in_place_value,
                             *std::move(registry) + std::string(text.substr(slash)));
}

bool coversRepository(std::string_view pattern, std::string_view registry,
                      std::string_view repository) {
  if (!pattern.starts_with(registry)) return false;
  pattern.remove_prefix(registry.size());
  if (!pattern.starts_with('/')) return false;
  pattern.remove_prefix(1);
  if (!pattern.ends_with(kEverything)) return pattern == repository;
  pattern.remove_suffix(kEverything.size());  // and "path/" is left, or nothing
  return repository.size() > pattern.size() && repository.starts_with(pattern);
}

}  // namespace skiff
