#include "cli/http/sse_reader.h"

namespace skiff::cli {
namespace {

std::string text(const SseEvent& event) {
  return event.name + "|" + event.data + "|" + event.id;
}

std::vector<std::string> read(std::string_view bytes, std::size_t piece = SIZE_MAX) {
  SseReader reader;
  std::vector<std::string> events;
  while (!bytes.empty()) {
    const std::string_view now = bytes.substr(0, piece);
    const auto goesOn = reader.feed(now, [&](const SseEvent& event) {
      events.push_back(text(event));
      return true;
    });
    EXPECT_TRUE(goesOn && *goesOn);
    bytes.remove_prefix(now.size());
  }
  return events;
}

struct StreamCase {
  std::string_view name;
  std::string_view bytes;
  std::vector<std::string> events;
};

class EventStream : public ::testing::TestWithParam<StreamCase> {};

TEST_P(EventStream, IsReadWhateverThePieces) {
  for (const std::size_t piece : {1, 2, 3, 7, 1000}) {
    EXPECT_EQ(read(GetParam().bytes, piece), GetParam().events) << "pieces of " << piece;
  }
}

using Events = std::vector<std::string>;
INSTANTIATE_TEST_SUITE_P(
    Streams, EventStream,
    ::testing::Values(
        StreamCase{"Plain", "data: a\n\ndata:b\n\n", {"message|a|", "message|b|"}},
        StreamCase{"Named", "event: result\ndata: {}\n\n", {"result|{}|"}},
        StreamCase{
            "NameHoldsForOneEvent", "event: x\ndata: 1\n\ndata: 2\n\n", {"x|1|", "message|2|"}},
        StreamCase{"LinesAreJoined", "data: a\ndata: b\ndata:\n\n", {"message|a\nb\n|"}},
        StreamCase{"CarriageReturns",
                   "data: a\r\ndata: b\r\r\ndata: c\r\n\r\n",
                   {"message|a\nb|", "message|c|"}},
        StreamCase{"CommentsAndStrangers", ": hi\nretry: 5\nx: y\ndata: a\n\n", {"message|a|"}},
        StreamCase{"IdStays", "id: 7\ndata: a\n\ndata: b\n\n", {"message|a|7", "message|b|7"}},
        StreamCase{"WithoutDataNothing", "event: x\n\n\n\n", Events{}},
        StreamCase{"ByteOrderMark",
                   "\xEF\xBB\xBF"
                   "data: a\n\n",
                   {"message|a|"}},
        StreamCase{"CutOff", "data: a\n\ndata: never whole\n", {"message|a|"}}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(SseReader, StopsWhenNoMoreIsWanted) {
  SseReader reader;
  int events = 0;
  const auto goesOn = reader.feed("data: 1\n\ndata: 2\n\n", [&](const SseEvent&) {
    ++events;
    return false;
  });
  ASSERT_TRUE(goesOn.has_value());
  EXPECT_FALSE(*goesOn);
  EXPECT_EQ(events, 1);
}

TEST(SseReader, RefusesALineWithoutEnd) {
  SseReader reader;
  const auto none = [](const SseEvent&) { return true; };
  EXPECT_TRUE(reader.feed("data: " + std::string(SseReader::kMaxLine - 6, 'x'), none));
  EXPECT_FALSE(reader.feed("x", none));
}

TEST(SseReader, RefusesAnEventWithoutEnd) {
  SseReader reader;
  const auto none = [](const SseEvent&) { return true; };
  const std::string line = "data: " + std::string(SseReader::kMaxLine / 2, 'x') + "\n";
  std::size_t lines = 0;
  while (lines < 100 && reader.feed(line, none)) ++lines;
  EXPECT_EQ(lines, SseReader::kMaxData / (SseReader::kMaxLine / 2) - 1);
}

}  // namespace
}  // namespace skiff::cli
