#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>

namespace skiff::bench {

/// The host that reaches an app of fillCatalog(), by its number.
std::string hostOf(std::size_t number);

/// Puts `count` tenants with an app each, whose module is `module(number)`, into a data folder, as
/// the admin API would have left them: deployed, and nothing of them loaded. Throws if it cannot.
void fillCatalog(const std::filesystem::path& dataFolder, std::size_t count,
                 const std::function<std::string(std::size_t number)>& module);

}  // namespace skiff::bench
