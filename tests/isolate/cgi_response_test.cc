#include "isolate/abi/cgi_response.h"

#include <memory_resource>

namespace skiff::testing {
namespace {

using State = CgiResponse::State;

struct Answer {
  State state;
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::string error;
};

/// Feeds `output` in pieces of `size` bytes.
Answer parse(std::string_view output, std::size_t size) {
  CgiResponse response;
  Answer answer;
  for (std::size_t at = 0; at < output.size() && response.state() != State::failed; at += size) {
    const std::string_view piece = output.substr(at, size);
    answer.body += piece.substr(response.feed(piece));
  }
  answer.state = response.state();
  if (answer.state == State::failed)
    return {State::failed, 0, {}, "", std::string(response.error())};
  if (answer.state == State::body) {
    std::pmr::monotonic_buffer_resource memory;
    ResponseHead head(memory);
    response.apply(head);
    answer.status = head.status;
    for (const Header& field : head.headers) answer.headers.emplace_back(field.name, field.value);
  }
  return answer;
}
Answer parse(std::string_view output) {
  return parse(output, output.size() + 1);
}

TEST(CgiResponse, reads_header_lines_and_leaves_the_body) {
  const Answer answer = parse("Content-Type: text/plain\nX-One:  a b\t\n\nHello\n\nworld");
  EXPECT_EQ(answer.state, State::body);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.headers, (std::vector<std::pair<std::string, std::string>>{
                                {"Content-Type", "text/plain"}, {"X-One", "a b"}}));
  EXPECT_EQ(answer.body, "Hello\n\nworld");
}

TEST(CgiResponse, takes_lines_ended_by_lf_or_crlf_mixed) {
  const Answer answer = parse("Content-Type: a\r\nX: b\n\r\n\r\nbody");
  EXPECT_EQ(answer.headers.size(), 2u);
  EXPECT_EQ(answer.body, "\r\nbody");
}

TEST(CgiResponse, sets_the_status_and_does_not_send_the_field) {
  const Answer answer = parse("Status: 404 Not Found\nContent-Type: a\n\n");
  EXPECT_EQ(answer.status, 404);
  EXPECT_EQ(answer.headers.size(), 1u);
  EXPECT_EQ(parse("status:201\n\n").status, 201);
}

TEST(CgiResponse, redirects_with_302_unless_it_has_a_status) {
  EXPECT_EQ(parse("Location: https://example.com/\n\n").status, 302);
  EXPECT_EQ(parse("Location: /elsewhere\n\n").status, 302);
  EXPECT_EQ(parse("Status: 301 Moved\nLocation: /elsewhere\n\n").status, 301);
  EXPECT_EQ(parse("Location: /elsewhere\n\n").headers.front().second, "/elsewhere");
}

TEST(CgiResponse, drops_fields_of_the_connection) {
  const Answer answer = parse(
      "Content-Type: a\nConnection: close, X-Hop\nKeep-Alive: 5\nTransfer-Encoding: chunked\n"
      "Upgrade: h2c\nTE: x\nTrailer: y\nProxy-Connection: z\nX-Hop: 1\nX-Kept: 2\n\n");
  EXPECT_EQ(answer.headers, (std::vector<std::pair<std::string, std::string>>{{"Content-Type", "a"},
                                                                              {"X-Kept", "2"}}));
}

TEST(CgiResponse, keeps_fields_that_may_be_repeated) {
  EXPECT_EQ(parse("Set-Cookie: a=1\nSet-Cookie: b=2\nContent-Type: a\n\n").headers.size(), 3u);
}

struct Malformed {
  const char* name;
  std::string output;
  const char* error;
};

void PrintTo(const Malformed& malformed, std::ostream* out) {
  *out << malformed.name;
}

class MalformedCgiResponse : public ::testing::TestWithParam<Malformed> {};

INSTANTIATE_TEST_SUITE_P(
    Outputs, MalformedCgiResponse,
    ::testing::Values(
        Malformed{"PlainText", "Hello, world\n", "must start with header lines"},
        Malformed{"EmptyLineFirst", "\nHello", "starts with an empty line"},
        Malformed{"NoHeadEnd", "Content-Type: a\nHello\n", "has no colon"},
        Malformed{"StatusLine", "HTTP/1.1 200 OK\nContent-Type: a\n\n", "HTTP status line"},
        Malformed{"NoCgiField", "X-Other: a\n\n", "none of the header fields"},
        Malformed{"Folded", "Content-Type: a\n b\n\n", "cannot be folded"},
        Malformed{"BlankBeforeColon", "Content-Type : a\n\n", "header name"},
        Malformed{"EmptyName", ": a\n\n", "header name"},
        Malformed{"BareCr", "Content-Type: a\rb\n\n", "control character"},
        Malformed{"Nul", std::string("Content-Type: a\0b\n\n", 19), "control character"},
        Malformed{"StatusWord", "Status: OK\n\n", "Status is not a number"},
        Malformed{"StatusTooLow", "Status: 100 Continue\n\n", "Status is not a number"},
        Malformed{"StatusTooHigh", "Status: 600\n\n", "Status is not a number"},
        Malformed{"StatusFourDigits", "Status: 2000\n\n", "Status is not a number"},
        Malformed{"TwoStatus", "Status: 200\nStatus: 200\n\n", "two Status"},
        Malformed{"TwoLocations", "Location: /a\nLocation: /b\n\n", "two Location"},
        Malformed{"EmptyLocation", "Location:\n\n", "Location is empty"},
        Malformed{"TwoTypes", "Content-Type: a\nContent-type: b\n\n", "two Content-Type"},
        Malformed{"TwoLengths", "Content-Type: a\nContent-Length: 1\nContent-Length: 1\n\n",
                  "two Content-Length"},
        Malformed{"LengthSigned", "Content-Length: +1\n\n", "Content-Length is not a number"},
        Malformed{"LengthHuge", "Content-Length: 99999999999999999999\n\n",
                  "Content-Length is not a number"},
        Malformed{"LongLine", "X: " + std::string(70'000, 'x'), "longer than 64 KiB"},
        Malformed{"ManyLines",
                  [] {
                    std::string many;
                    for (int i = 0; i < 201; ++i) many += "X: y\n";
                    return many;
                  }(),
                  "more than 200"}),
    [](const auto& each) { return each.param.name; });

TEST_P(MalformedCgiResponse, is_refused_with_what_is_wrong_however_it_is_cut) {
  for (const std::size_t size : {1u, 2u, 7u, 1'000u, 100'000u}) {
    const Answer answer = parse(GetParam().output, size);
    EXPECT_EQ(answer.state, State::failed) << size;
    EXPECT_THAT(answer.error, ::testing::HasSubstr(GetParam().error)) << size;
    EXPECT_EQ(answer.error.find('\n'), std::string::npos);
  }
}

TEST(CgiResponse, gives_the_same_however_it_is_cut) {
  const std::string output = "Status: 201 Created\r\nContent-Type: a\nX: y\r\n\r\n\nbody\n";
  const Answer whole = parse(output);
  for (std::size_t size = 1; size < output.size(); ++size) {
    const Answer cut = parse(output, size);
    EXPECT_EQ(cut.status, whole.status);
    EXPECT_EQ(cut.headers, whole.headers);
    EXPECT_EQ(cut.body, whole.body);
  }
}

TEST(CgiResponse, says_what_is_missing_at_the_end) {
  CgiResponse nothing;
  EXPECT_THAT(std::string(nothing.errorAtEnd()), ::testing::HasSubstr("printed nothing"));
  CgiResponse half;
  half.feed("Content-Type: a\n");
  EXPECT_THAT(std::string(half.errorAtEnd()), ::testing::HasSubstr("ends within"));
}

TEST(CgiResponse, takes_a_head_of_just_64_kib) {
  const std::string end = "\n\n";
  std::string head = "Content-Type: ";
  head += std::string(CgiResponse::kMaxHead - head.size() - end.size(), 'x') + end;
  EXPECT_EQ(parse(head).state, State::body);
  EXPECT_EQ(parse("x" + head).state, State::failed);
}

}  // namespace
}  // namespace skiff::testing
