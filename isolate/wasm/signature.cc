#include "isolate/wasm/signature.h"

namespace skiff::wasm {

std::vector<ValueType> valueTypes(std::string_view letters) {
  std::vector<ValueType> types;
  types.reserve(letters.size());
  for (const char letter : letters) {
    types.push_back(letter == 'I' ? ValueType::i64 : ValueType::i32);
  }
  return types;
}

std::vector<ValueType> resultTypes(char letter) {
  if (letter == 0) return {};
  return valueTypes(std::string_view(&letter, 1));
}

}  // namespace skiff::wasm
