#include "config/key_depth.h"

namespace skiff {
namespace {

/// Walks a TOML text as its grammar (toml.io, v1.0.0) divides it into strings, comments and the
/// rest. Where the text is malformed it may go astray; the parser stops at that place, so that what
/// comes after does no harm.
class KeyScanner {
 public:
  explicit KeyScanner(std::string_view text) : text_(text) {}

  std::optional<TextPosition> run() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '"' || c == '\'') {
        skipString(c);
      } else if (c == '#') {
        skipComment();
      } else if (c == '.') {
        ++at_;
        if (++dots_ >= kMostKeyParts) return position();
      } else {
        // What ends a key: between two of these is at most one key, or one value.
        if (c == '\n' || c == '=' || c == ',' || c == '{' || c == '[') dots_ = 0;
        ++at_;
      }
    }
    return std::nullopt;
  }

 private:
  void skipString(char quote) {
    const char three[] = {quote, quote, quote};
    const std::string_view fence(three, sizeof three);
    const bool isMultiLine = text_.substr(at_).starts_with(fence);
    at_ += isMultiLine ? 3 : 1;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '\\' && quote == '"') {
        at_ += 2;
      } else if (isMultiLine && text_.substr(at_).starts_with(fence)) {
        at_ += 3;
        // Up to two more quotes belong to the content: """"" is a closing fence after two of them.
        for (int i = 0; i < 2 && at_ < text_.size() && text_[at_] == quote; ++i) ++at_;
        return;
      } else if (!isMultiLine && (c == quote || c == '\n')) {
        if (c == quote) ++at_;
        return;
      } else {
        ++at_;
      }
    }
  }

  void skipComment() {
    while (at_ < text_.size() && text_[at_] != '\n') ++at_;
  }

  TextPosition position() const {
    TextPosition position{1, 1};
    for (const char c : text_.substr(0, at_ - 1)) {
      position = c == '\n' ? TextPosition{position.line + 1, 1}
                           : TextPosition{position.line, position.column + 1};
    }
    return position;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t dots_ = 0;
};

}  // namespace

std::optional<TextPosition> findTooDeepKey(std::string_view text) {
  return KeyScanner(text).run();
}

}  // namespace skiff
