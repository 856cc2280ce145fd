#pragma once

#include <string>
#include <utility>

#include "config/result.h"

namespace skiff::cli {

/// Text that is there. Said in so many words, since an Error could be made of a text as well.
inline Result<std::string> textResult(std::string text) {
  return Result<std::string>(boost::system::in_place_value, std::move(text));
}

}  // namespace skiff::cli
