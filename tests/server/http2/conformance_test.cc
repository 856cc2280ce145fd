// What RFC 9113 says that a server must do, or must not take: a table of named cases.
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <ostream>

#include "tests/server/http2/http2_client.h"
#include "tests/server/http2/http2_server.h"

namespace skiff {
namespace {

using namespace testing;

using Frames = std::function<std::string(Http2Client&)>;

struct Case {
  const char* name;
  const char* section;  ///< of RFC 9113
  /// What is sent, behind the preface and SETTINGS.
  Frames frames;
  /// What becomes of stream 1 or the connection: "answers STATUS", "resets CODE", "ends CODE"
  /// (GOAWAY), or "goes on", with nothing of these.
  std::string expected;
  bool isWhole = false;  ///< what is sent is all there is, the preface included
};

void PrintTo(const Case& now, std::ostream* out) {
  *out << now.name << " (RFC 9113, " << now.section << ")";
}

std::string answers(int status) {
  return "answers " + std::to_string(status);
}
std::string resets(ErrorCode code) {
  return "resets " + std::to_string(code);
}
std::string ends(ErrorCode code) {
  return "ends " + std::to_string(code);
}
const std::string kGoesOn = "goes on";

std::string number(std::uint32_t value) {
  return bigEndian(value, 4);
}

/// The bytes as they are.
Frames bytes(std::string text) {
  return [text = std::move(text)](Http2Client&) { return text; };
}
/// A request of these fields, without a body.
Frames request(Fields fields) {
  return [fields = std::move(fields)](Http2Client& client) { return client.headers(1, fields); };
}
/// A request whose body goes on, and what comes behind its head: to "/never" if that breaks a rule.
Frames upload(Fields fields, std::string more) {
  return [fields = std::move(fields), more = std::move(more)](Http2Client& client) {
    return client.headers(1, fields, kEndHeaders) + more;
  };
}
/// A request that is not answered yet, and what comes behind it.
Frames behind(std::string more) {
  return [more = std::move(more)](Http2Client& client) {
    return client.headers(1, get("/never")) + more;
  };
}
/// A request with one field more.
Frames with(std::string name, std::string value) {
  return request(get("/", {{std::move(name), std::move(value)}}));
}
/// A GET with its pseudo-fields changed.
Frames changed(std::function<void(Fields&)> change) {
  Fields fields = get();
  change(fields);
  return request(fields);
}
Frames without(const std::string& name) {
  return changed([&](Fields& fields) {
    std::erase_if(fields, [&](const auto& field) { return field.first == name; });
  });
}
/// The block of a GET, cut in two, in the frames that `make` builds of the halves.
Frames split(std::function<std::string(const std::string&, const std::string&)> make) {
  return [make = std::move(make)](Http2Client& client) {
    const std::string block = client.compress(get());
    return make(block.substr(0, 3), block.substr(3));
  };
}

const std::string kBegin = std::string(kPreface);
const std::string kSettingsFrame = frame(kSettings, 0, 0);

const std::vector<Case> kCases{
    // 3.4
    {"APrefaceThatIsNot", "3.4", bytes("PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n" + kSettingsFrame),
     ends(kProtocolError), true},
    {"APingBeforeSettings", "3.4", bytes(kBegin + frame(kPing, 0, 0, "12345678")),
     ends(kProtocolError), true},
    {"ARequestBeforeSettings", "3.4",
     [](Http2Client& client) { return kBegin + client.headers(1, get()); }, ends(kProtocolError),
     true},
    {"AnAcknowledgementInPlaceOfSettings", "3.4", bytes(kBegin + frame(kSettings, kAck, 0)),
     ends(kProtocolError), true},
    // 4.1
    {"AFrameOfAnUnknownType", "4.1", bytes(frame(0x42, 0xff, 0, "whatever")), kGoesOn},
    {"AFrameOfAnUnknownTypeOnAStream", "4.1", behind(frame(0x42, 0xff, 1, "whatever")), kGoesOn},
    {"UnknownFlagsOfHeaders", "4.1",
     [](Http2Client& client) { return client.headers(1, get(), kEndHeaders | kEndStream | 0x42); },
     answers(200)},
    {"UnknownFlagsOfPing", "4.1", bytes(frame(kPing, 0xfe, 0, "12345678")), kGoesOn},
    {"TheReservedBitOfAStream", "4.1",
     [](Http2Client& client) { return client.headers(0x80000001, get()); }, answers(200)},
    // 4.2
    {"DataOfTheLargestSize", "4.2",
     upload(post(), frame(kData, kEndStream, 1, std::string(16'384, 'x'))), answers(200)},
    {"DataAboveTheLargestSize", "4.2",
     upload(post("/never"), frame(kData, kEndStream, 1, std::string(16'385, 'x'))),
     ends(kFrameSizeError)},
    {"HeadersAboveTheLargestSize", "4.2",
     bytes(frame(kHeaders, kEndHeaders, 1, std::string(16'385, 'x'))), ends(kFrameSizeError)},
    {"AnUnknownFrameAboveTheLargestSize", "4.2", bytes(frame(0x42, 0, 0, std::string(16'385, 'x'))),
     ends(kFrameSizeError)},
    {"SettingsAboveTheLargestSize", "4.2",
     bytes(frame(kSettings, 0, 0, std::string(16'386, '\0'))), ends(kFrameSizeError)},
    // 4.3
    {"AnIndexOfZero", "4.3", bytes(frame(kHeaders, kEndHeaders | kEndStream, 1, "\x80")),
     ends(kCompressionError)},
    {"AnIndexBeyondTheTable", "4.3", bytes(frame(kHeaders, kEndHeaders | kEndStream, 1, "\xfe")),
     ends(kCompressionError)},
    {"ATableLargerThanAllowed", "4.3",
     bytes(frame(kHeaders, kEndHeaders | kEndStream, 1, "\x3f\xe1\xff\x03\x82")),
     ends(kCompressionError)},
    {"AFieldThatIsCut", "4.3",
     bytes(frame(kHeaders, kEndHeaders | kEndStream, 1, std::string("\x40\x05""ab", 4))),
     ends(kCompressionError)},
    {"HuffmanPaddingThatIsTooLong", "4.3",
     bytes(frame(kHeaders, kEndHeaders | kEndStream, 1, std::string("\x40\x82\xff\xff\x01x", 6))),
     ends(kCompressionError)},
    {"ANumberThatOverflows", "4.3",
     bytes(frame(kHeaders, kEndHeaders | kEndStream, 1, "\xff\xff\xff\xff\xff\xff\xff\xff\x7f")),
     ends(kCompressionError)},
    {"ABlockOverSeveralFrames", "4.3", split([](const auto& one, const auto& other) {
       return frame(kHeaders, kEndStream, 1, one) + frame(kContinuation, 0, 1) +
              frame(kContinuation, kEndHeaders, 1, other);
     }),
     answers(200)},
    {"APingWithinABlock", "4.3", split([](const auto& one, const auto& other) {
       return frame(kHeaders, kEndStream, 1, one) + frame(kPing, 0, 0, "12345678") +
              frame(kContinuation, kEndHeaders, 1, other);
     }),
     ends(kProtocolError)},
    {"AnotherRequestWithinABlock", "4.3", split([](const auto& one, const auto& other) {
       return frame(kHeaders, kEndStream, 1, one) +
              frame(kHeaders, kEndHeaders | kEndStream, 3, other);
     }),
     ends(kProtocolError)},
    {"DataWithinABlock", "4.3", split([](const auto& one, const auto& other) {
       return frame(kHeaders, 0, 1, one) + frame(kData, kEndStream, 1, other);
     }),
     ends(kProtocolError)},
    {"AContinuationOfAnotherStream", "4.3", split([](const auto& one, const auto& other) {
       return frame(kHeaders, kEndStream, 1, one) + frame(kContinuation, kEndHeaders, 3, other);
     }),
     ends(kProtocolError)},
    // 5.1
    {"DataOfAnIdleStream", "5.1", bytes(frame(kData, kEndStream, 1, "x")), ends(kProtocolError)},
    {"AResetOfAnIdleStream", "5.1", bytes(frame(kRstStream, 0, 1, number(kCancel))),
     ends(kProtocolError)},
    {"AWindowOfAnIdleStream", "5.1", bytes(frame(kWindowUpdate, 0, 1, number(1))),
     ends(kProtocolError)},
    {"DataBehindTheEndOfAStream", "5.1", behind(frame(kData, 0, 1, "x")), ends(kStreamClosed)},
    {"HeadersBehindTheEndOfAStream", "5.1",
     [](Http2Client& client) {
       std::string all = client.headers(1, get("/never"));
       return all += client.headers(1, {{"x-late", "1"}});
     },
     ends(kStreamClosed)},
    {"AWindowBehindTheEndOfAStream", "5.1", behind(frame(kWindowUpdate, 0, 1, number(1))),
     kGoesOn},
    {"PriorityOfAnIdleStream", "5.1", bytes(frame(kPriority, 0, 1, number(0) + "x")), kGoesOn},
    {"AResetTwice", "5.1",
     behind(frame(kRstStream, 0, 1, number(kCancel)) + frame(kRstStream, 0, 1, number(kCancel))),
     kGoesOn},
    {"AWindowBehindAReset", "5.1",
     behind(frame(kRstStream, 0, 1, number(kCancel)) + frame(kWindowUpdate, 0, 1, number(1))),
     kGoesOn},
    {"PriorityBehindAReset", "5.1",
     behind(frame(kRstStream, 0, 1, number(kCancel)) + frame(kPriority, 0, 1, number(0) + "x")),
     kGoesOn},
    // 5.1.1
    {"AStreamOfAnEvenNumber", "5.1.1",
     [](Http2Client& client) { return client.headers(2, get()); }, ends(kProtocolError)},
    // Nobody remembers whether it was closed long ago, so it is passed over; the section would have
    // the connection ended. No request comes of it.
    {"AStreamBelowAnOlderOne", "5.1.1",
     [](Http2Client& client) {
       std::string all = client.headers(5, get("/never"));
       return all += client.headers(3, get());
     },
     kGoesOn},
    {"ARequestOnStreamZero", "5.1.1",
     [](Http2Client& client) { return client.headers(0, get()); }, ends(kProtocolError)},
    // 5.5
    {"AnUnknownFrameWithinABlock", "5.5", split([](const auto& one, const auto& other) {
       return frame(kHeaders, kEndStream, 1, one) + frame(0x42, 0, 1, "x") +
              frame(kContinuation, kEndHeaders, 1, other);
     }),
     ends(kProtocolError)},
    // 6.1
    {"DataOnStreamZero", "6.1", bytes(frame(kData, 0, 0, "x")), ends(kProtocolError)},
    {"PaddingAsLongAsData", "6.1", upload(post("/never"), frame(kData, kPadded, 1, "\x05""abcd")),
     ends(kProtocolError)},
    // By section 4.2 the code would be FRAME_SIZE_ERROR; nghttp2 says it otherwise.
    {"PaddedDataWithoutItsLength", "6.1", upload(post("/never"), frame(kData, kPadded, 1)),
     ends(kProtocolError)},
    {"PaddedData", "6.1", upload(post(), frame(kData, kPadded | kEndStream, 1, "\x03""bodyxyz")),
     answers(200)},
    // 6.2
    {"PaddingLongerThanHeaders", "6.2",
     bytes(frame(kHeaders, kEndHeaders | kEndStream | kPadded, 1, "\x10\x82")),
     ends(kProtocolError)},
    {"PaddedHeaders", "6.2",
     [](Http2Client& client) {
       return frame(kHeaders, kEndHeaders | kEndStream | kPadded, 1,
                    "\x02" + client.compress(get()) + "xy");
     },
     answers(200)},
    {"HeadersWithAPriority", "6.2",
     [](Http2Client& client) {
       return frame(kHeaders, kEndHeaders | kEndStream | kWithPriority, 1,
                    number(3) + "x" + client.compress(get()));
     },
     answers(200)},
    {"HeadersTooShortForTheirPriority", "6.2",
     bytes(frame(kHeaders, kEndHeaders | kEndStream | kWithPriority, 1, "abc")),
     ends(kFrameSizeError)},
    // 6.3
    {"PriorityOfAWrongSize", "6.3", bytes(frame(kPriority, 0, 1, "abcd")), ends(kFrameSizeError)},
    {"PriorityOnStreamZero", "6.3", bytes(frame(kPriority, 0, 0, "abcde")), ends(kProtocolError)},
    // 6.4
    {"AResetOfStreamZero", "6.4", bytes(frame(kRstStream, 0, 0, number(kCancel))),
     ends(kProtocolError)},
    {"AResetOfAWrongSize", "6.4", behind(frame(kRstStream, 0, 1, "abc")), ends(kFrameSizeError)},
    // 6.5
    {"SettingsOfAStream", "6.5", bytes(frame(kSettings, 0, 1)), ends(kProtocolError)},
    {"AnAcknowledgementThatSaysSomething", "6.5", bytes(frame(kSettings, kAck, 0, setting(4, 1))),
     ends(kFrameSizeError)},
    {"SettingsOfAWrongSize", "6.5", bytes(frame(kSettings, 0, 0, "abcde")), ends(kFrameSizeError)},
    {"PushThatIsNeitherOnNorOff", "6.5.2", bytes(frame(kSettings, 0, 0, setting(2, 2))),
     ends(kProtocolError)},
    {"AnInitialWindowThatIsTooLarge", "6.5.2",
     bytes(frame(kSettings, 0, 0, setting(4, 0x80000000))), ends(kFlowControlError)},
    {"ALargestFrameThatIsTooSmall", "6.5.2", bytes(frame(kSettings, 0, 0, setting(5, 16'383))),
     ends(kProtocolError)},
    {"ALargestFrameThatIsTooLarge", "6.5.2", bytes(frame(kSettings, 0, 0, setting(5, 1 << 24))),
     ends(kProtocolError)},
    {"AnUnknownSetting", "6.5.2", bytes(frame(kSettings, 0, 0, setting(0x4242, 7))), kGoesOn},
    {"SettingsAgain", "6.5.3", bytes(frame(kSettings, 0, 0, setting(4, 10) + setting(4, 70'000))),
     kGoesOn},
    // 6.6
    {"APushPromise", "8.4",
     [](Http2Client& client) {
       std::string all = client.headers(1, get("/never"));
       return all += frame(kPushPromise, kEndHeaders, 1, number(2) + client.compress(get()));
     },
     ends(kProtocolError)},
    // 6.7
    {"APingOfAStream", "6.7", bytes(frame(kPing, 0, 1, "12345678")), ends(kProtocolError)},
    {"APingOfAWrongSize", "6.7", bytes(frame(kPing, 0, 0, "1234567")), ends(kFrameSizeError)},
    {"AnAnswerToNoPing", "6.7", bytes(frame(kPing, kAck, 0, "12345678")), kGoesOn},
    // 6.8
    {"AGoawayOfAStream", "6.8", bytes(frame(kGoaway, 0, 1, number(0) + number(0))),
     ends(kProtocolError)},
    {"AGoawayOfAWrongSize", "6.8", bytes(frame(kGoaway, 0, 0, "abcd")), ends(kFrameSizeError)},
    {"AGoawayBeforeTheBodysEnd", "6.8",
     upload(post("/trailers"), frame(kGoaway, 0, 0, number(0) + number(0)) +
                                   frame(kData, kEndStream, 1, "body")),
     answers(200)},
    // 6.9
    // The stream's error counts as the connection's (5.4.1).
    {"AWindowOfNothing", "6.9", behind(frame(kWindowUpdate, 0, 1, number(0))),
     ends(kProtocolError)},
    {"AConnectionsWindowOfNothing", "6.9", bytes(frame(kWindowUpdate, 0, 0, number(0))),
     ends(kProtocolError)},
    {"AWindowOfAWrongSize", "6.9", bytes(frame(kWindowUpdate, 0, 0, "abc")),
     ends(kFrameSizeError)},
    {"AWindowThatOverflows", "6.9.1", behind(frame(kWindowUpdate, 0, 1, number(0x7fffffff))),
     resets(kFlowControlError)},
    {"AConnectionsWindowThatOverflows", "6.9.1",
     bytes(frame(kWindowUpdate, 0, 0, number(0x7fffffff))), ends(kFlowControlError)},
    // The streams that it concerns are reset; the section would have the connection ended.
    {"SettingsThatMakeAWindowOverflow", "6.9.2",
     behind(frame(kWindowUpdate, 0, 1, number(0x7fff0000)) +
            frame(kSettings, 0, 0, setting(4, 0x7fffffff))),
     resets(kFlowControlError)},
    {"ABodyBeyondTheWindow", "6.9.1",
     [](Http2Client& client) {
       std::string all = client.headers(1, post("/never"), kEndHeaders);
       for (int i = 0; i < 5; ++i) all += frame(kData, 0, 1, std::string(16'000, 'x'));
       return all;
     },
     resets(kFlowControlError)},
    // 6.10
    {"AContinuationOfNothing", "6.10", bytes(frame(kContinuation, kEndHeaders, 1, "\x82")),
     ends(kProtocolError)},
    {"AContinuationBehindTheEndOfABlock", "6.10", behind(frame(kContinuation, kEndHeaders, 1)),
     ends(kProtocolError)},
    {"AContinuationOnStreamZero", "6.10", split([](const auto& one, const auto& other) {
       return frame(kHeaders, kEndStream, 1, one) + frame(kContinuation, kEndHeaders, 0, other);
     }),
     ends(kProtocolError)},
    // 8.1
    {"TrailersThatDoNotEndTheStream", "8.1",
     [](Http2Client& client) {
       std::string all = client.headers(1, post("/never"), kEndHeaders);
       return all += client.headers(1, {{"x-sum", "1"}}, kEndHeaders);
     },
     resets(kProtocolError)},
    {"TrailersWithAPseudoField", "8.1",
     [](Http2Client& client) {
       std::string all = client.headers(1, post("/never"), kEndHeaders);
       return all += client.headers(1, {{":path", "/"}});
     },
     resets(kProtocolError)},
    // 8.1.1
    {"ABodyShorterThanItsLength", "8.1.1",
     upload(post("/never", {{"content-length", "5"}}), frame(kData, kEndStream, 1, "body")),
     resets(kProtocolError)},
    {"ABodyLongerThanItsLength", "8.1.1",
     upload(post("/never", {{"content-length", "3"}}), frame(kData, kEndStream, 1, "body")),
     resets(kProtocolError)},
    {"ALengthWithoutABody", "8.1.1", request(post("/", {{"content-length", "4"}})),
     resets(kProtocolError)},
    {"ALengthThatIsRight", "8.1.1",
     upload(post("/echo", {{"content-length", "4"}}), frame(kData, kEndStream, 1, "body")),
     answers(200)},
    {"TwoLengths", "8.1.1",
     upload(post("/echo", {{"content-length", "4"}, {"content-length", "5"}}),
            frame(kData, kEndStream, 1, "body")),
     resets(kProtocolError)},
    {"ALengthThatIsNoNumber", "8.1.1",
     upload(post("/echo", {{"content-length", "+4"}}), frame(kData, kEndStream, 1, "body")),
     resets(kProtocolError)},
    // 8.2
    {"ANameInCapitals", "8.2.1", with("X-Big", "1"), resets(kProtocolError)},
    {"ANameWithABlank", "8.2.1", with("x big", "1"), resets(kProtocolError)},
    {"ANameWithAColon", "8.2.1", with("x:big", "1"), resets(kProtocolError)},
    {"ANameWithAControl", "8.2.1", with("x\x01", "1"), resets(kProtocolError)},
    {"ANameBeyondAscii", "8.2.1", with("x\x80", "1"), resets(kProtocolError)},
    {"ANameOfNothing", "8.2.1", with("", "1"), resets(kProtocolError)},
    {"AValueWithNul", "8.2.1", with("x-a", std::string("a\0b", 3)), resets(kProtocolError)},
    {"AValueWithALineFeed", "8.2.1", with("x-a", "a\nb"), resets(kProtocolError)},
    {"AValueWithACarriageReturn", "8.2.1", with("x-a", "a\rb"), resets(kProtocolError)},
    {"AValueThatBeginsWithABlank", "8.2.1", with("x-a", " a"), resets(kProtocolError)},
    {"AValueThatEndsWithATab", "8.2.1", with("x-a", "a\t"), resets(kProtocolError)},
    {"AValueOfNothing", "8.2.1", with("x-a", ""), answers(200)},
    {"Connection", "8.2.2", with("connection", "close"), resets(kProtocolError)},
    {"KeepAlive", "8.2.2", with("keep-alive", "1"), resets(kProtocolError)},
    {"ProxyConnection", "8.2.2", with("proxy-connection", "close"), resets(kProtocolError)},
    {"TransferEncoding", "8.2.2", with("transfer-encoding", "chunked"), resets(kProtocolError)},
    {"Upgrade", "8.2.2", with("upgrade", "websocket"), resets(kProtocolError)},
    {"TeThatIsNotTrailers", "8.2.2", with("te", "gzip"), resets(kProtocolError)},
    {"TeThatIsTrailers", "8.2.2", with("te", "trailers"), answers(200)},
    // 8.3
    {"AnUnknownPseudoField", "8.3", changed([](Fields& fields) { fields.push_back({":x", "1"}); }),
     resets(kProtocolError)},
    {"APseudoFieldOfAnswers", "8.3",
     changed([](Fields& fields) { fields.insert(fields.begin(), {":status", "200"}); }),
     resets(kProtocolError)},
    {"APseudoFieldBehindAnother", "8.3",
     changed([](Fields& fields) { fields.insert(fields.begin(), {"x-a", "1"}); }),
     resets(kProtocolError)},
    // 8.3.1
    {"NoMethod", "8.3.1", without(":method"), resets(kProtocolError)},
    {"NoScheme", "8.3.1", without(":scheme"), resets(kProtocolError)},
    {"NoPath", "8.3.1", without(":path"), resets(kProtocolError)},
    {"NoAuthorityAndNoHost", "8.3.1", without(":authority"), resets(kProtocolError)},
    {"TwoMethods", "8.3.1",
     changed([](Fields& fields) { fields.insert(fields.begin(), {":method", "GET"}); }),
     resets(kProtocolError)},
    {"TwoPaths", "8.3.1",
     changed([](Fields& fields) { fields.insert(fields.begin(), {":path", "/other"}); }),
     resets(kProtocolError)},
    {"TwoSchemes", "8.3.1",
     changed([](Fields& fields) { fields.insert(fields.begin(), {":scheme", "http"}); }),
     resets(kProtocolError)},
    {"TwoAuthorities", "8.3.1",
     changed([](Fields& fields) { fields.insert(fields.begin(), {":authority", "a.test"}); }),
     resets(kProtocolError)},
    {"APathOfNothing", "8.3.1", request(get("")), resets(kProtocolError)},
    {"APathThatIsAUri", "8.3.1", request(get("http://a.test/")), resets(kProtocolError)},
    {"APathWithAFragment", "8.3.1", request(get("/a#b")), answers(400)},
    {"APathWithABlank", "8.3.1", request(get("/a b")), resets(kProtocolError)},
    {"AStarOfGet", "8.3.1", request(get("*")), resets(kProtocolError)},
    {"AStarOfOptions", "8.3.1", changed([](Fields& fields) {
       fields[0].second = "OPTIONS";
       fields[3].second = "*";
     }),
     answers(200)},
    {"AHostInPlaceOfTheAuthority", "8.3.1", changed([](Fields& fields) {
       fields.erase(fields.begin() + 2);
       fields.push_back({"host", "a.test"});
     }),
     answers(200)},
    {"AHostThatIsTheAuthority", "8.3.1", with("host", "A.test"), answers(200)},
    {"AHostThatIsNotTheAuthority", "8.3.1", with("host", "b.test"), answers(400)},
    {"AnAuthorityWithAUser", "8.3.1",
     changed([](Fields& fields) { fields[2].second = "user@a.test"; }), answers(400)},
    {"AnAuthorityThatIsNone", "8.3.1",
     changed([](Fields& fields) { fields[2].second = "a/b"; }), resets(kProtocolError)},
    {"AnotherScheme", "8.3.1", changed([](Fields& fields) { fields[1].second = "https"; }),
     answers(400)},
    {"AMethodThatIsUnknown", "8.3.1", changed([](Fields& fields) { fields[0].second = "BREW"; }),
     answers(501)},
    {"AMethodThatIsNoToken", "8.3.1", changed([](Fields& fields) { fields[0].second = "GE T"; }),
     resets(kProtocolError)},
    // 8.5
    {"Connect", "8.5", changed([](Fields& fields) {
       fields[0].second = "CONNECT";
       fields.erase(fields.begin() + 3);
       fields.erase(fields.begin() + 1);
     }),
     answers(400)},
    {"ConnectWithAPath", "8.5", changed([](Fields& fields) { fields[0].second = "CONNECT"; }),
     resets(kProtocolError)},
};

/// What has become of stream 1 and the connection.
std::string outcome(Http2Client& client) {
  // What was answered at once has come before the second one is.
  if (client.ping()) client.ping();
  const StreamAnswer& answer = client.stream(1);
  if (client.goaway() && *client.goaway() != kNoError) {
    client.readUntil([] { return false; });
    return "ends " + std::to_string(*client.goaway());
  }
  if (answer.reset) return "resets " + std::to_string(*answer.reset);
  if (answer.complete) return "answers " + answer.status;
  if (client.hasEnded()) return "closes";
  return client.ask(101, get()).status == "200" ? kGoesOn : "does not go on";
}

class Http2Conformance : public ::testing::TestWithParam<Case> {};

TEST_P(Http2Conformance, Holds) {
  const Case& now = GetParam();
  // Requests to "/never" are in order: what is wrong comes behind them.
  std::atomic<int> asked{0};
  TestServer server(
      [&](HttpExchange& exchange) {
        if (exchange.request().target != "/never") ++asked;
        answerAnything(exchange);
      },
      http2Limits());
  auto client = now.isWhole
                    ? std::make_unique<Http2Client>(server.port(), Http2Client::Begin::silent)
                    : std::make_unique<Http2Client>(server.port());
  if (!now.isWhole) {
    ASSERT_TRUE(client->ping());
  }
  client->send(now.frames(*client));
  EXPECT_EQ(outcome(*client), now.expected);
  // For the request that is answered, or that shows that the connection goes on. What breaks a rule
  // no guest sees.
  EXPECT_EQ(asked, now.expected == answers(200) || now.expected == kGoesOn ? 1 : 0);
  // Whatever it was, others are served.
  Http2Client other(server.port());
  EXPECT_EQ(other.ask(1, get()).status, "200");
}

INSTANTIATE_TEST_SUITE_P(Rfc9113, Http2Conformance, ::testing::ValuesIn(kCases),
                         [](const auto& now) { return std::string(now.param.name); });

}  // namespace
}  // namespace skiff
