#include "tests/isolate/handler_guest.h"

namespace skiff {
namespace {

using ::testing::ElementsAre;
using testing::HandlerGuest;
using ::testing::HasSubstr;
using testing::HeaderPairs;
using ::testing::IsEmpty;

enum Kind { kRequest, kResponse, kRequestTrailers, kResponseTrailers };

class HttpHandlerHeaders : public ::testing::Test {
 protected:
  HandlerGuest guest;
};

TEST_F(HttpHandlerHeaders, NamesAreLowerCaseInOrderAndOnceEach) {
  guest.exchange.addRequestHeader("Accept", "a");
  guest.exchange.addRequestHeader("X-B", "1");
  guest.exchange.addRequestHeader("ACCEPT", "b");
  EXPECT_THAT(guest.headerNames(kRequest), ElementsAre("host", "accept", "x-b"));
}

TEST_F(HttpHandlerHeaders, ValuesAreFoundWithoutCaseOneEachField) {
  guest.exchange.addRequestHeader("Cookie", "a=b");
  guest.exchange.addRequestHeader("Other", "x");
  guest.exchange.addRequestHeader("cookie", "c=d, e");
  guest.exchange.addRequestHeader("COOKIE", "");
  EXPECT_THAT(guest.headerValues(kRequest, "cOOkie"), ElementsAre("a=b", "c=d, e", ""));
  EXPECT_THAT(guest.headerValues(kRequest, "not there"), IsEmpty());
  EXPECT_EQ(guest.value("get_header_values", {kRequest, "nothing", 0, 0}), 0);
}

TEST_F(HttpHandlerHeaders, CountAndLengthAreAnsweredAlsoIfNothingFits) {
  guest.memory.put(HandlerGuest::kBuffer, "untouched");
  // "host" and a NUL.
  EXPECT_EQ(guest.value("get_header_names", {kRequest, HandlerGuest::kBuffer, 4}),
            (std::int64_t{1} << 32) + 5);
  EXPECT_EQ(guest.value("get_header_values", {kRequest, "Host", HandlerGuest::kBuffer, 11}),
            (std::int64_t{1} << 32) + 12);
  EXPECT_EQ(guest.memory.text(HandlerGuest::kBuffer, 9), "untouched");
  EXPECT_EQ(guest.value("get_header_values", {kRequest, "Host", HandlerGuest::kBuffer, 12}),
            (std::int64_t{1} << 32) + 12);
  EXPECT_EQ(guest.memory.text(HandlerGuest::kBuffer, 12), std::string("example.com\0", 12));
}

TEST_F(HttpHandlerHeaders, ValuesMayBeWrittenOverTheNameAskedFor) {
  guest.exchange.addRequestHeader("x", "y");
  guest.exchange.addRequestHeader("y", "not asked for");
  guest.exchange.addRequestHeader("x", "z");
  guest.memory.put(100, "x");
  EXPECT_EQ(guest.value("get_header_values", {kRequest, 100, 1, 100, 100}),
            (std::int64_t{2} << 32) + 4);
  EXPECT_EQ(guest.memory.text(100, 4), std::string("y\0z\0", 4));
}

TEST_F(HttpHandlerHeaders, SetReplacesAddAppendsRemoveRemoves) {
  guest.run("add_header_value", {kResponse, "Set-Cookie", "a=b"});
  guest.run("add_header_value", {kResponse, "Set-Cookie", "c=d"});
  guest.run("set_header_value", {kResponse, "Content-Type", "text/plain"});
  guest.run("set_header_value", {kResponse, "content-type", "text/html"});
  guest.run("add_header_value", {kResponse, "Gone", "1"});
  guest.run("remove_header", {kResponse, "gONE"});
  guest.run("remove_header", {kResponse, "never-there"});
  EXPECT_EQ(
      guest.exchange.responseHeaders(),
      (HeaderPairs{{"Set-Cookie", "a=b"}, {"Set-Cookie", "c=d"}, {"content-type", "text/html"}}));
  EXPECT_THAT(guest.headerValues(kResponse, "set-cookie"), ElementsAre("a=b", "c=d"));
}

TEST_F(HttpHandlerHeaders, OfTheRequestAreChangedForNext) {
  guest.exchange.addRequestHeader("existing", "bear");
  guest.run("add_header_value", {kRequest, "existing", "value"});
  guest.run("set_header_value", {kRequest, "new", ""});
  guest.run("remove_header", {kRequest, "host"});
  EXPECT_THAT(guest.headerNames(kRequest), ElementsAre("existing", "new"));
  EXPECT_THAT(guest.headerValues(kRequest, "existing"), ElementsAre("bear", "value"));
}

TEST_F(HttpHandlerHeaders, ThatFrameMessagesAreIgnoredWithOneWarning) {
  for (const std::string_view name : {"Connection", "keep-alive", "Proxy-Connection", "TE",
                                      "Trailer", "Transfer-Encoding", "UPGRADE"}) {
    guest.run("set_header_value", {kResponse, name, "chunked"});
    guest.run("add_header_value", {kRequest, name, "chunked"});
  }
  guest.run("set_header_value", {kRequest, "Content-Length", "5"});
  guest.run("set_header_value", {kRequest, "Expect", "100-continue"});
  EXPECT_THAT(guest.headerNames(kRequest), ElementsAre("host"));
  EXPECT_THAT(guest.headerNames(kResponse), IsEmpty());
  ASSERT_EQ(guest.log.lines.size(), 1u);
  EXPECT_THAT(guest.log.lines[0].text, HasSubstr("\"Connection\" is ignored"));
  EXPECT_EQ(guest.log.lines[0].level, LogLevel::warn);
}

TEST_F(HttpHandlerHeaders, HoldOneContentLengthOfTheResponse) {
  guest.run("add_header_value", {kResponse, "Content-Length", "5"});
  guest.run("add_header_value", {kResponse, "content-length", "6"});
  EXPECT_THAT(guest.headerValues(kResponse, "Content-Length"), ElementsAre("6"));
}

TEST_F(HttpHandlerHeaders, OfACommittedResponseStayWithOneWarning) {
  guest.run("set_header_value", {kResponse, "x", "1"});
  guest.run("write_body", {1, "body"});
  guest.exchange.drainResponse(1);
  guest.run("set_header_value", {kResponse, "x", "2"});
  guest.run("add_header_value", {kResponse, "x", "3"});
  guest.run("remove_header", {kResponse, "x"});
  guest.run("set_status_code", {404});
  EXPECT_EQ(guest.exchange.responseHeaders(), (HeaderPairs{{"x", "1"}}));
  EXPECT_EQ(guest.exchange.response().status, 200);
  ASSERT_EQ(guest.log.lines.size(), 1u);
  EXPECT_THAT(guest.log.lines[0].text, HasSubstr("too late"));
}

TEST_F(HttpHandlerHeaders, TrailersAreInvisibleUntilEnabled) {
  guest.exchange.request().trailers.add("checksum", "1");
  EXPECT_EQ(guest.value("get_header_names", {kRequestTrailers, 0, 0}), 0);
  EXPECT_EQ(guest.value("get_header_values", {kRequestTrailers, "checksum", 0, 0}), 0);
  guest.run("enable_features", {4});
  EXPECT_THAT(guest.headerNames(kRequestTrailers), ElementsAre("checksum"));
  EXPECT_THAT(guest.headerValues(kRequestTrailers, "Checksum"), ElementsAre("1"));
}

TEST_F(HttpHandlerHeaders, TrailersMayBeSetAfterTheHeadWasSent) {
  guest.run("enable_features", {4});
  guest.run("write_body", {1, "body"});
  guest.exchange.drainResponse(1);
  guest.run("set_header_value", {kResponseTrailers, "grpc-status", "0"});
  guest.run("add_header_value", {kResponseTrailers, "Content-Length", "4"});
  EXPECT_THAT(guest.headerNames(kResponseTrailers), ElementsAre("grpc-status"));
  EXPECT_EQ(guest.exchange.response().trailers.size(), 1u);
}

TEST_F(HttpHandlerHeaders, AreBoundedInNumber) {
  for (int i = 0; i < 1'000; ++i) {
    guest.run("add_header_value", {kResponse, "n" + std::to_string(i), ""});
  }
  EXPECT_THAT(guest.trap("add_header_value", {kResponse, "one-more", ""}),
              HasSubstr("more than 1000 fields"));
}

TEST_F(HttpHandlerHeaders, MayBeReadInHandleResponse) {
  guest.exchange.addRequestHeader("a", "1");
  guest.exchange.response().headers.add("b", "2");
  guest.enterResponsePhase();
  EXPECT_THAT(guest.headerNames(kRequest), ElementsAre("host", "a"));
  EXPECT_THAT(guest.headerNames(kResponse), ElementsAre("b"));
  guest.run("set_header_value", {kResponse, "b", "3"});
  EXPECT_THAT(guest.headerValues(kResponse, "b"), ElementsAre("3"));
}

}  // namespace
}  // namespace skiff
