// What the HTTP front end spends on a request besides the system calls.
#include <benchmark/benchmark.h>

#include <array>
#include <cstdlib>
#include <memory_resource>
#include <string>
#include <string_view>

#include "server/http/head_check.h"
#include "server/http/http_date.h"
#include "server/http/output_buffer.h"
#include "server/http/request_parser.h"
#include "server/http/response_head.h"

namespace skiff {
namespace {

constexpr std::string_view kMinimal = "GET / HTTP/1.1\r\nHost: hello.localhost\r\n\r\n";
constexpr std::string_view kBrowser =
    "GET /articles/2024/05/an-article-about-something?utm_source=feed&page=2 HTTP/1.1\r\n"
    "Host: www.example.com\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:126.0) Gecko/20100101 Firefox/126.0\r\n"
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8\r\n"
    "Accept-Language: en-GB,en;q=0.7,de;q=0.3\r\n"
    "Accept-Encoding: gzip, deflate, br, zstd\r\n"
    "Referer: https://www.example.com/articles/2024/05/\r\n"
    "Connection: keep-alive\r\n"
    "Cookie: session=0123456789abcdef0123456789abcdef; theme=dark\r\n"
    "Upgrade-Insecure-Requests: 1\r\n"
    "Sec-Fetch-Dest: document\r\n"
    "Sec-Fetch-Mode: navigate\r\n"
    "Sec-Fetch-Site: same-origin\r\n\r\n";

/// As a connection does it: parse, copy the head, check it.
void parseRequest(benchmark::State& state, std::string_view request) {
  const HttpLimits limits;
  RequestParser parser(limits);
  std::array<std::byte, 3 << 10> bytes;
  for (auto _ : state) {
    std::pmr::monotonic_buffer_resource memory(bytes.data(), bytes.size());
    RequestHead head(memory);
    if (parser.parseHead(request) != RequestParser::Head::complete) std::abort();
    const std::string_view text = head.headers.copy(request.substr(0, parser.headSize()));
    RequestFraming framing;
    if (checkHead(parser, text, Scheme::http, head, framing)) std::abort();
    benchmark::DoNotOptimize(head.host.data());
    parser.reset();
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(request.size()) * state.iterations());
}

void parseMinimal(benchmark::State& state) {
  parseRequest(state, kMinimal);
}
BENCHMARK(parseMinimal)->Name("parse/minimal");

void parseBrowser(benchmark::State& state) {
  parseRequest(state, kBrowser);
}
BENCHMARK(parseBrowser)->Name("parse/browser");

void writeAnswer(benchmark::State& state) {
  BlockPool pool(72 << 10);
  OutputBuffer output(pool);
  HttpDate date;
  std::string scratch;
  std::array<std::byte, 1024> bytes;
  const std::string_view body = "Hello, world!\r\n";
  for (auto _ : state) {
    std::pmr::monotonic_buffer_resource memory(bytes.data(), bytes.size());
    ResponseHead head(memory);
    head.headers.addReference("Content-Type", "text/plain");
    output.hold(std::as_bytes(std::span(body)));
    scratch.clear();
    const ResponsePlan plan = planResponse(head, {false, false, true, output.heldSize()});
    if (appendHead(scratch, head, plan, false, date.at(std::time(nullptr)))) std::abort();
    output.release(scratch);
    benchmark::DoNotOptimize(output.pending());
    output.consume(output.pendingSize());
  }
}
BENCHMARK(writeAnswer)->Name("write/small_answer");

}  // namespace
}  // namespace skiff

BENCHMARK_MAIN();
