#include "deploy/oci/challenge.h"

#include <algorithm>
#include <optional>

namespace skiff {
namespace {

constexpr std::size_t kLongestField = 16 << 10;
constexpr std::size_t kMostChallenges = 16;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

bool equalsIgnoringCase(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

bool isTokenCharacter(char c) {
  constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~";
  return (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9') ||
         kOthers.find(c) != kOthers.npos;
}

/// Reads the field from left to right.
class FieldReader {
 public:
  explicit FieldReader(std::string_view text) : rest_(text) {}

  bool atEnd() const { return rest_.empty(); }
  std::string_view rest() const { return rest_; }
  void goBack(std::string_view rest) { rest_ = rest; }

  /// Blanks and commas.
  void skipSeparators() { skip(" \t,"); }
  void skipBlanks() { skip(" \t"); }

  bool take(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }

  std::string_view token() {
    std::size_t size = 0;
    while (size < rest_.size() && isTokenCharacter(rest_[size])) ++size;
    const std::string_view token = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return token;
  }

  /// What stands behind "=": a token or a quoted string.
  std::optional<std::string> value() {
    if (!take('"')) {
      const std::string_view word = token();
      if (word.empty()) return std::nullopt;
      return std::string(word);
    }
    std::string text;
    while (!rest_.empty()) {
      const char c = rest_.front();
      rest_.remove_prefix(1);
      if (c == '"') return text;
      if (c != '\\') {
        text += c;
      } else if (!rest_.empty()) {
        text += rest_.front();
        rest_.remove_prefix(1);
      }
    }
    return std::nullopt;
  }

 private:
  void skip(std::string_view characters) {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(characters), rest_.size()));
  }

  std::string_view rest_;
};

/// The parameters up to the next scheme; false if something cannot be read.
bool readParameters(FieldReader& reader, AuthChallenge& challenge) {
  for (;;) {
    reader.skipSeparators();
    const std::string_view before = reader.rest();
    const std::string_view name = reader.token();
    if (name.empty()) return reader.atEnd();
    reader.skipBlanks();
    if (!reader.take('=')) {
      reader.goBack(before);  // the next scheme
      return true;
    }
    reader.skipBlanks();
    auto value = reader.value();
    if (!value) return false;
    if (equalsIgnoringCase(name, "realm")) challenge.realm = *std::move(value);
    if (equalsIgnoringCase(name, "service")) challenge.service = *std::move(value);
    if (equalsIgnoringCase(name, "scope")) challenge.scope = *std::move(value);
  }
}

}  // namespace

std::vector<AuthChallenge> parseChallenges(std::string_view field) {
  std::vector<AuthChallenge> challenges;
  FieldReader reader(field.substr(0, kLongestField));
  for (std::size_t i = 0; i < kMostChallenges; ++i) {
    reader.skipSeparators();
    const std::string_view scheme = reader.token();
    if (scheme.empty()) break;
    AuthChallenge challenge;
    if (!readParameters(reader, challenge)) break;
    if (equalsIgnoringCase(scheme, "bearer")) {
      challenge.scheme = AuthChallenge::Scheme::bearer;
      challenges.push_back(std::move(challenge));
    } else if (equalsIgnoringCase(scheme, "basic")) {
      challenges.push_back({});
    }
  }
  return challenges;
}

}  // namespace skiff
