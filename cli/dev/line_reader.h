#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace skiff::cli {

/// Cuts what comes from a pipe into lines. A line longer than kMost is handed on in pieces.
class LineReader {
 public:
  static constexpr std::size_t kMost = std::size_t{1} << 20;

  /// Hands on each line of `bytes`, and what was left over before it, without its end.
  void feed(std::string_view bytes, const std::function<void(std::string_view)>& onLine);
  /// Reads all there is without waiting; false at the pipe's end.
  bool readFrom(int descriptor, const std::function<void(std::string_view)>& onLine);

 private:
  std::string rest_;
};

}  // namespace skiff::cli
