#pragma once

#include <boost/system/result.hpp>
#include <stdexcept>
#include <string>
#include <utility>

namespace skiff {

/// A plain error: one sentence that says what is wrong, where, and what to do. Folders with errors
/// that callers must tell apart define their own type and use it as Result's second argument.
struct Error {
  std::string message;
};

/// The value, or why there is none. Used for whatever input from outside can cause; exceptions are
/// kept for start-up and bugs.
template <class T, class E = Error>
using Result = boost::system::result<T, E>;

/// Called by result::value() when it holds an Error.
[[noreturn]] inline void throw_exception_from_error(const Error& error,
                                                    const boost::source_location&) {
  throw std::runtime_error(error.message);
}

}  // namespace skiff
