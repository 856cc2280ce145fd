// Statistics of a text: what an editor shows below it.
#include <algorithm>
#include <map>

#include "handlers.h"
#include "json_body.h"
#include "response.h"

namespace api {
namespace {

constexpr std::size_t kMaxText = 200 * 1024;
constexpr std::size_t kFrequentWords = 5;
constexpr std::size_t kWordsPerMinute = 230;  ///< that people read

struct Statistics {
  std::size_t characters = 0;  ///< code points
  std::size_t words = 0;
  std::size_t lines = 0;
  std::map<std::string, std::size_t, std::less<>> occurrences;  ///< of words in lower case
};

/// Whether a byte belongs to a word. All beyond ASCII do: what divides words there is rare.
bool isOfWord(char byte) {
  const auto code = static_cast<unsigned char>(byte);
  return code >= 0x80 || (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
         (byte >= 'A' && byte <= 'Z') || byte == '\'' || byte == '-';
}

Statistics measure(std::string_view text) {
  Statistics statistics;
  std::string word;
  const auto endWord = [&] {
    if (word.empty()) return;
    ++statistics.words;
    ++statistics.occurrences[word];
    word.clear();
  };
  for (const char byte : text) {
    if ((static_cast<unsigned char>(byte) & 0xc0) != 0x80) ++statistics.characters;
    if (byte == '\n') ++statistics.lines;
    if (isOfWord(byte)) {
      word += byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte | 0x20) : byte;
    } else {
      endWord();
    }
  }
  endWord();
  if (!text.empty() && text.back() != '\n') ++statistics.lines;
  return statistics;
}

/// The most frequent first, equally frequent ones by name.
std::vector<std::pair<std::string_view, std::size_t>> frequentWords(const Statistics& statistics) {
  std::vector<std::pair<std::string_view, std::size_t>> words(statistics.occurrences.begin(),
                                                              statistics.occurrences.end());
  const std::size_t count = std::min(kFrequentWords, words.size());
  std::partial_sort(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(count), words.end(),
                    [](const auto& one, const auto& other) {
                      if (one.second != other.second) return one.second > other.second;
                      return one.first < other.first;
                    });
  words.resize(count);
  return words;
}

}  // namespace

void measureText(const Request&) {
  rapidjson::Document document;
  if (!readJsonBody(document)) return;
  std::vector<Invalid> invalid;
  const std::string_view text = Fields(document, "", invalid).text("text", kMaxText);
  if (!invalid.empty()) {
    answerInvalid(invalid);
    return;
  }
  const Statistics statistics = measure(text);
  rapidjson::StringBuffer buffer;
  JsonWriter json(buffer);
  const auto writeCount = [&](std::string_view name, std::size_t count) {
    writeKey(json, name);
    json.Uint64(count);
  };
  json.StartObject();
  writeCount("bytes", text.size());
  writeCount("characters", statistics.characters);
  writeCount("words", statistics.words);
  writeCount("lines", statistics.lines);
  writeCount("reading_seconds", (statistics.words * 60 + kWordsPerMinute - 1) / kWordsPerMinute);
  writeKey(json, "frequent_words");
  json.StartObject();
  for (const auto& [word, count] : frequentWords(statistics)) writeCount(word, count);
  json.EndObject();
  json.EndObject();
  answer(buffer);
}

}  // namespace api
