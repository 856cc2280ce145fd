#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace skiff::e2e {

/// The module with `from` replaced, once, by as many bytes: it says something else, and has another
/// digest. Throws if it does not contain `from` exactly once.
std::string withText(std::string module, std::string_view from, std::string_view to);
/// The module with a custom section behind it that nobody reads: it does the same, and has another
/// digest.
std::string withNote(std::string module, std::string_view note);

/// The build's smallest handler, made to answer with "answer" and the number, 15 bytes in all;
/// what it answers.
std::string answerOf(std::size_t number);
std::string moduleAnswering(std::size_t number);

}  // namespace skiff::e2e
