#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/server/http/wire_cases.h"

namespace skiff {
namespace {

constexpr std::string_view kHead =
    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
constexpr std::string_view kBroken = "POST / a broken -> 400 closed";

/// What comes behind a head that announces chunks (RFC 9112, 7.1).
const WireCase kChunks[] = {
    // Sizes.
    {"a plus before the size", "+5\r\nhello\r\n0\r\n\r\n", kBroken},
    {"a minus before the size", "-5\r\nhello\r\n0\r\n\r\n", kBroken},
    {"minus one", "-1\r\nhello\r\n0\r\n\r\n", kBroken},
    {"0x before the size", "0x5\r\nhello\r\n0\r\n\r\n", kBroken},
    {"0X before the last size", "5\r\nhello\r\n0X0\r\n\r\n", kBroken},
    {"h behind the size", "5h\r\nhello\r\n0\r\n\r\n", kBroken},
    {"an underscore in the size", "1_0\r\n0123456789abcdef\r\n0\r\n\r\n", kBroken},
    {"a comma in the size", "1,0\r\n0123456789abcdef\r\n0\r\n\r\n", kBroken},
    {"a dot in the size", "5.0\r\nhello\r\n0\r\n\r\n", kBroken},
    {"a size in quotes", "\"5\"\r\nhello\r\n0\r\n\r\n", kBroken},
    {"a blank before the size", " 5\r\nhello\r\n0\r\n\r\n", kBroken},
    {"a tab before the size", "\t5\r\nhello\r\n0\r\n\r\n", kBroken},
    {"a blank behind the size", "5 \r\nhello\r\n0\r\n\r\n", kBroken},
    {"a tab behind the size", "5\t\r\nhello\r\n0\r\n\r\n", kBroken},
    {"a blank behind the last size", "5\r\nhello\r\n0 \r\n\r\n", kBroken},
    {"a blank in the size", "1 0\r\n0123456789abcdef\r\n0\r\n\r\n", kBroken},
    {"no size", "\r\nhello\r\n0\r\n\r\n", kBroken},
    {"a word for a size", "hello\r\n0\r\n\r\n", kBroken},
    {"NUL behind the size", {"5\0\r\nhello\r\n0\r\n\r\n", 16}, kBroken},
    {"a size of 2^64", "10000000000000000\r\nhello\r\n0\r\n\r\n", kBroken},
    {"a size of 2^64 + 5", "10000000000000005\r\nhello\r\n0\r\n\r\n", kBroken},
    {"a size of forty digits", "1111111111111111111111111111111111111111\r\nhello\r\n0\r\n\r\n",
     kBroken},
    {"a size of 2^64 - 1 is awaited", "ffffffffffffffff\r\nhello\r\n0\r\n\r\n", "-> waits open"},
    {"two sizes of which the sum is beyond 2^64", "5\r\nhello\r\nffffffffffffffff\r\nhello",
     "POST / a broken -> 413 closed"},

    // Ends of lines.
    {"a bare line feed behind the size", "5\nhello\r\n0\r\n\r\n", kBroken},
    {"a bare carriage return behind the size", "5\rhello\r\n0\r\n\r\n", kBroken},
    {"two carriage returns behind the size", "5\r\r\nhello\r\n0\r\n\r\n", kBroken},
    {"a bare line feed behind the data", "5\r\nhello\n0\r\n\r\n", kBroken},
    {"a bare carriage return behind the data", "5\r\nhello\r0\r\n\r\n", kBroken},
    {"nothing behind the data", "5\r\nhello0\r\n\r\n", kBroken},
    {"two bytes that are no line's end", "5\r\nhelloXX0\r\n\r\n", kBroken},
    {"an empty line behind the data", "5\r\nhello\r\n\r\n0\r\n\r\n", kBroken},
    {"a chunk longer than its size", "4\r\nhello\r\n0\r\n\r\n", kBroken},
    {"a chunk shorter than its size", "6\r\nhello\r\n0\r\n\r\n", kBroken},
    {"a bare line feed behind the last size", "5\r\nhello\r\n0\n\r\n", kBroken},
    {"a bare line feed at the end", "5\r\nhello\r\n0\r\n\n", kBroken},
    {"a carriage return and something else at the end", "0\r\n\rX", kBroken},
    {"no final line's end", "5\r\nhello\r\n0\r\n", "-> waits open"},
    {"no last chunk", "5\r\nhello\r\n", "-> waits open"},
    {"the next request in place of the final line's end", "0\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
     kBroken},

    // Extensions: read and dropped.
    {"an extension", "5;a\r\nhello\r\n0\r\n\r\n", "POST / a \"hello\" -> 200 open"},
    {"an extension with a value", "5;a=b\r\nhello\r\n0;c=d\r\n\r\n",
     "POST / a \"hello\" -> 200 open"},
    {"an extension in quotes", "5;a=\"b;c \\\" d\"\r\nhello\r\n0\r\n\r\n",
     "POST / a \"hello\" -> 200 open"},
    {"an extension that looks like a size", "5;0\r\nhello\r\n0\r\n\r\n",
     "POST / a \"hello\" -> 200 open"},
    {"a bare line feed in an extension", "5;a\nhello\r\n0\r\n\r\n", kBroken},
    {"a bare line feed behind an extension's value", "5;a=b\nhello\r\n0\r\n\r\n", kBroken},
    {"a bare line feed in quotes", "5;a=\"b\nc\"\r\nhello\r\n0\r\n\r\n", kBroken},
    {"a bare carriage return in an extension", "5;a\rb\r\nhello\r\n0\r\n\r\n", kBroken},
    {"a line's end in quotes", "5;a=\"b\r\nhello\r\n0\r\n\r\n", kBroken},
    {"NUL in an extension", {"5;a\0b\r\nhello\r\n0\r\n\r\n", 19}, kBroken},
    {"an extension without a name", "5;=b\r\nhello\r\n0\r\n\r\n", "POST / a \"hello\" -> 200 open"},
    {"two semicolons", "5;;\r\nhello\r\n0\r\n\r\n", kBroken},

    // Trailers.
    {"trailers", "5\r\nhello\r\n0\r\nT: v\r\nU:w \r\n\r\n",
     "POST / a \"hello\" T:v U:w -> 200 open"},
    {"Content-Length in the trailers", "0\r\nContent-Length: 5\r\n\r\n", kBroken},
    {"Transfer-Encoding in the trailers", "0\r\nTransfer-Encoding: chunked\r\n\r\n", kBroken},
    {"Host in the trailers", "0\r\nHost: b\r\n\r\n", kBroken},
    {"Connection in the trailers", "0\r\nConnection: close\r\n\r\n", kBroken},
    {"Trailer in the trailers", "0\r\nTrailer: T\r\n\r\n", kBroken},
    {"Expect in the trailers", "0\r\nExpect: 100-continue\r\n\r\n", kBroken},
    {"Upgrade in the trailers", "0\r\nUpgrade: h2c\r\n\r\n", kBroken},
    {"TE in the trailers", "0\r\nTE: trailers\r\n\r\n", kBroken},
    {"a trailer with a blank in its name", "0\r\nA b: c\r\n\r\n", kBroken},
    {"a trailer with a blank before its colon", "0\r\nA : c\r\n\r\n", kBroken},
    {"a trailer without a colon", "0\r\nabc\r\n\r\n", kBroken},
    {"a trailer without a name", "0\r\n: b\r\n\r\n", kBroken},
    {"a folded trailer", "0\r\nA: b\r\n c\r\n\r\n", kBroken},
    {"a bare line feed behind a trailer", "0\r\nA: b\n\r\n", kBroken},
    {"NUL in a trailer", {"0\r\nA: b\0\r\n\r\n", 12}, kBroken},

    // What is behind.
    {"a request behind", "0\r\n\r\nGET /b HTTP/1.1\r\nHost: a\r\n\r\n",
     "POST / a; GET /b a -> 200 200 open"},
    {"a chunk behind the last", "0\r\n\r\n5\r\nhello\r\n0\r\n\r\n", "POST / a -> 200 400 closed"},
    {"zeros before the size", "0000000000000005\r\nhello\r\n0000\r\n\r\n",
     "POST / a \"hello\" -> 200 open"},
    {"a size in capitals", "A\r\n0123456789\r\n0\r\n\r\n", "POST / a \"0123456789\" -> 200 open"},
    {"data that looks like the end", "5\r\n0\r\n\r\n\r\n0\r\n\r\n",
     "POST / a \"0\r\n\r\n\" -> 200 open"},
    {"one byte a chunk", "1\r\na\r\n1\r\nb\r\n1\r\nc\r\n0\r\n\r\n", "POST / a \"abc\" -> 200 open"},
};

TEST(ChunkCasesTest, ChunksAreReadInOneWayOrEndTheRequest) {
  std::vector<std::string> texts;
  for (const WireCase& chunks : kChunks) {
    texts.push_back(std::string(kHead) + std::string(chunks.bytes));
  }
  std::vector<WireCase> cases;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    cases.push_back({kChunks[i].name, texts[i], kChunks[i].outcome});
  }
  expectOneReading(cases);
}

}  // namespace
}  // namespace skiff
