#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace skiff::bench {

/// Every `from` in the text replaced.
std::string replaced(std::string text, std::string_view from, std::string_view to);
/// The file's bytes; throws if it cannot be read.
std::string bytesOf(const std::filesystem::path& file);
/// The first line that a program writes, or nothing if it cannot be run: for versions.
std::string firstLineOf(const std::string& program, const std::vector<std::string>& arguments);

}  // namespace skiff::bench
