// The text of a URL as Boost.URL 1.81 reads it right. That version takes the "10.0.0.1" of
// "http://10.0.0.1.nip.io/" for the whole host and what follows for a path, where RFC 3986, section
// 3.2.2, lets the longest match win: a name. So such a host is parsed with a letter before it,
// which is taken off the host again. No threads, no errors: text that is no URL stays as it is.
#pragma once

#include <string>
#include <string_view>

namespace skiff {

class UrlText {
 public:
  /// `url`: absolute, "scheme://host...".
  explicit UrlText(std::string_view url);

  /// What is to be parsed; lives as long as this.
  [[nodiscard]] std::string_view text() const { return text_; }

  /// The host, from what the parser says it is in text().
  [[nodiscard]] std::string host(std::string_view parsed) const {
    return std::string(parsed.substr(hasLetter_ && !parsed.empty() ? 1 : 0));
  }

 private:
  std::string text_;
  bool hasLetter_ = false;
};

}  // namespace skiff
