#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace skiff::bench {

/// The smallest module that makeModule() can make.
inline constexpr std::size_t kSmallestModule = 640;
/// What its handler answers: 15 bytes.
inline constexpr std::string_view kModuleAnswer = "Hello from wasm";

/// A valid http-wasm handler of exactly `size` bytes that answers every request with kModuleAnswer.
/// The rest is code: functions of some 200 bytes that compute, branch, load and call each other, as
/// a compiler's do, which the engine has to compile though no request calls them. Those of
/// different seeds are different modules. REQUIRES: `size` is at least kSmallestModule.
std::string makeModule(std::size_t size, std::uint32_t seed);

}  // namespace skiff::bench
