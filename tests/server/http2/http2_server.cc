#include "tests/server/http2/http2_server.h"

#include <array>
#include <memory>
#include <span>
#include <string>

namespace skiff::testing {
namespace {

void answerTrailers(HttpExchange& exchange) {
  Script::run(exchange, [body = std::make_shared<std::string>()](HttpExchange& now) {
    std::array<std::byte, 100> into;
    while (true) {
      const BodyRead read = now.readRequestBody(into);
      if (read.wouldBlock()) return now.waitFor(kWaitRequestBody);
      body->append(reinterpret_cast<const char*>(into.data()), read.size);
      if (read.end) break;
    }
    *body += " ";
    for (const Header& field : now.request().trailers) {
      body->append(field.name).append("=").append(field.value).append("\n");
    }
    now.finishWith(*body);
  });
}

}  // namespace

void answerAnything(HttpExchange& exchange) {
  const RequestHead& head = exchange.request();
  if (head.target == "/echo") return echo(exchange);
  if (head.target == "/trailers") return answerTrailers(exchange);
  if (head.target == "/large") return exchange.finishWith(std::string(200'000, 'x'));
  if (head.target == "/never") return;
  if (head.target == "/empty") {
    exchange.response().status = 204;
    return exchange.finish();
  }
  std::string text;
  text.append(head.method).append(" ").append(head.target).append(" ");
  text.append(head.protocol).append(" ").append(head.host).append("\n");
  for (const Header& field : head.headers) {
    text.append(field.name).append("=").append(field.value).append("\n");
  }
  write(exchange, text);
  exchange.finish();
}

}  // namespace skiff::testing
