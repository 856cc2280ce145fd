#pragma once

#include <rapidjson/document.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "response.h"

namespace api {

/// Reads the request's body as a JSON object. If it is none, answers with what is wrong (413, 415,
/// 400 with the place) and returns false. Its depth is not bounded: nothing here recurses.
bool readJsonBody(rapidjson::Document& document);

/// Takes checked values out of one JSON object, and notes whatever is wrong with them, so that a
/// client learns of all of it at once.
class Fields {
 public:
  /// `pointer` leads to the object; REQUIRES: value is an object, and outlives this, as does
  /// `invalid`.
  Fields(const rapidjson::Value& value, std::string pointer, std::vector<Invalid>& invalid)
      : value_(value), pointer_(std::move(pointer)), invalid_(invalid) {}

  /// A number of `least` to `most`; `least`, noted, if it is none.
  double number(const char* name, double least, double most);
  /// A whole number; `otherwise` if there is none.
  std::int64_t wholeNumber(const char* name, std::int64_t least, std::int64_t most,
                           std::int64_t otherwise);
  /// A text of at most `most` bytes; empty, noted, if it is none.
  std::string_view text(const char* name, std::size_t most);
  /// An array of 1 to `most` objects; nullptr, noted, if it is none.
  const rapidjson::Value* objects(const char* name, std::size_t most);

  /// The pointer to one of the object's values.
  std::string pointerTo(const char* name) const { return pointer_ + "/" + name; }
  void note(const char* name, std::string detail);

 private:
  /// nullptr, noted, if it is missing.
  const rapidjson::Value* find(const char* name);

  const rapidjson::Value& value_;
  const std::string pointer_;
  std::vector<Invalid>& invalid_;
};

/// Answers 422 with what was noted.
void answerInvalid(const std::vector<Invalid>& invalid);

}  // namespace api
