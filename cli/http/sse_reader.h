#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "config/result.h"

namespace skiff::cli {

struct SseEvent {
  std::string name;  ///< "message" if the stream does not say
  std::string data;  ///< lines joined by \n
  std::string id;    ///< the last one that the stream named
};

/// Reads Server-Sent Events (HTML standard, section 9.2.6) from bytes as they come. Total; what it
/// holds is bounded.
class SseReader {
 public:
  static constexpr std::size_t kMaxLine = std::size_t{1} << 20;
  static constexpr std::size_t kMaxData = std::size_t{4} << 20;  ///< of one event

  /// Returns false to have no more events.
  using OnEvent = std::function<bool(const SseEvent&)>;

  /// Hands on each event that `bytes` completes. False if `onEvent` wanted no more; an error if a
  /// line or an event is larger than may be.
  Result<bool> feed(std::string_view bytes, const OnEvent& onEvent);

 private:
  Result<bool> endLine(const OnEvent& onEvent);

  std::string line_;
  SseEvent event_;
  bool hasData_ = false;
  bool afterReturn_ = false;  ///< a \n that follows ends no further line
  bool isFirstLine_ = true;
};

}  // namespace skiff::cli
