// Those who do not behave: hostile guests, clients that trickle, do not read, or leave.
#include <algorithm>
#include <array>
#include <memory>
#include <thread>

#include "tests/soak/actors.h"
#include "tests/soak/visit.h"

namespace skiff::soak {
namespace {

/// What may end a hostile guest, whichever bound it reaches first.
bool isKill(const Reply& reply) {
  static constexpr std::array<std::pair<int, const char*>, 6> kEnds{{{503, "cpu_limit"},
                                                                     {503, "memory_limit"},
                                                                     {502, "guest_trap"},
                                                                     {502, "guest_exit"},
                                                                     {502, "bad_response"},
                                                                     {504, "wall_limit"}}};
  return std::any_of(kEnds.begin(), kEnds.end(), [&](const auto& end) {
    return reply.status == end.first && reply.reason == end.second;
  });
}

void misbehave(World& world, Kept& kept, std::mt19937& random) {
  struct Misdeed {
    const char* host;
    const char* path;
  };
  static constexpr Misdeed kMisdeeds[] = {
      {"misbehave.test", "/spin"},   {"misbehave.test", "/recurse"},
      {"misbehave.test", "/grow"},   {"misbehave.test", "/recurse-host"},
      {"misbehave.test", "/fill"},   {"misbehave.test", "/host-calls"},
      {"misbehave.test", "/output"}, {"misbehave.test", "/log"},
      {"misbehave.test", "/exit"},   {"misbehave.test", "/trap"},
      {"tables.test", "/grow"},      {"exceptions.test", "/throw"},
      {"exceptions.test", "/deep"},
  };
  const Misdeed& misdeed = kMisdeeds[random() % std::size(kMisdeeds)];
  const auto wrong = [&](const Reply& reply, const char* path) {
    const std::string found = world.foreign(reply.body, "");
    if (!found.empty()) world.report().violation("a hostile guest has a tenant's " + found);
    reportReply(world, "hostile guest", reply, std::string("GET ") + path + " of " + misdeed.host);
  };
  const Reply reply = kept.ask(e2e::request("GET", misdeed.host, misdeed.path));
  world.report().count("hostile guests ended");
  if (!reply.isComplete || !isKill(reply) || !world.foreign(reply.body, "").empty()) {
    wrong(reply, misdeed.path);
  }
  const Reply next = kept.ask(e2e::request("GET", misdeed.host, "/ok"));
  if (!next.isComplete || next.status != 200 || next.body != "ok\n") wrong(next, "/ok");
}

/// An answer without end: its connection has to be cut.
void flood(World& world) {
  Http1 client(world.port());
  client.send(e2e::request("GET", "misbehave.test", "/response"));
  const auto end = Clock::now() + std::chrono::seconds(15);
  while (Clock::now() < end) {
    if (client.readSome(64 << 10).empty()) return world.report().count("floods of answers cut");
  }
  world.report().failure("a flood of an answer goes on", "GET /response of misbehave.test");
}

void exceedRate(World& world) {
  constexpr int kBurst = 40;
  std::string all;
  for (int i = 0; i < kBurst; ++i) all += e2e::request("GET", "limited.test", "/");
  Http1 client(world.port());
  client.send(all);
  for (int i = 0; i < kBurst; ++i) {
    const Reply reply = client.receive();
    const bool isServed =
        reply.status == 200 && reply.body == "Hello from skiff, you asked for /\n";
    const bool isRefused = reply.status == 429 && reply.reason == "rate_limit";
    if (!reply.isComplete || (!isServed && !isRefused)) {
      return reportReply(world, "limited", reply, e2e::request("GET", "limited.test", "/"));
    }
    world.report().count(isServed ? "served within the rate" : "refused beyond the rate");
    if (reply.isLast) return;
  }
}

/// Several at once: a head that never ends, a byte at a time, until each is told that it is late.
void trickle(World& world, std::size_t count) {
  struct Slow {
    std::unique_ptr<Http1> connection;
    std::size_t sent = 0;
  };
  const std::string head = "GET / HTTP/1.1\r\nHost: quiet.test\r\nX-Slow: zzzzzzzzzzzzzzzzzzzzzzzz";
  std::vector<Slow> all(count);
  for (Slow& slow : all) slow.connection = std::make_unique<Http1>(world.port());
  // header_timeout_ms from the first byte on.
  const auto end = Clock::now() + std::chrono::milliseconds(2'200);
  while (Clock::now() < end) {
    for (Slow& slow : all) slow.connection->send(head.substr(slow.sent++ % head.size(), 1));
    std::this_thread::sleep_for(std::chrono::milliseconds(60));
  }
  for (Slow& slow : all) {
    const Reply reply = slow.connection->receive();
    world.report().count("heads that trickle, ended");
    if (reply.status == 408 && reply.isLast && slow.connection->readSome().empty()) continue;
    reportReply(world, "a head that trickles", reply, head.substr(0, slow.sent));
  }
}

/// More than sockets hold, read slowly.
void readSlowly(World& world, std::mt19937& random) {
  constexpr std::size_t kRepeats = 20'000;
  Http1 client(world.port(), 16 << 10);
  client.readSlowly(std::chrono::milliseconds(1 + random() % 20));
  const std::string request =
      e2e::request("GET", "quiet.test", "/repeat?n=" + std::to_string(kRepeats));
  const Reply reply = client.ask(request);
  const std::string line = world.fileBody("quiet");
  std::string expected;
  for (std::size_t i = 0; i < kRepeats; ++i) expected += line;
  world.report().count("answers read slowly");
  if (reply.isComplete && reply.status == 200 && reply.body == expected) return;
  reportReply(world,
              "an answer that is read slowly, of " + std::to_string(expected.size()) + " bytes",
              reply, request);
}

/// Stops within its ClientHello: has to be cut.
void staySilent(World& world, std::mt19937& random) {
  HttpClient client(world.tlsPort());
  static constexpr std::string_view kHello("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11);
  client.send(kHello.substr(0, random() % kHello.size()));
  world.report().count("TLS handshakes that stop half-way, ended");
  if (client.isClosed()) return;
  world.report().failure("a TLS handshake that stops half-way is kept");
}

void leave(World& world, std::mt19937& random) {
  const bool isTls = random() % 3 == 0;
  std::unique_ptr<Http1> client =
      isTls ? std::make_unique<Http1>(world.tlsPort(), "quiet.test", nullptr)
            : std::make_unique<Http1>(world.port());
  const Visit visit = Visit::draw(world, random);
  switch (random() % 5) {
    case 0:
      break;
    case 1: {
      const std::string text = visit.text();
      client->send(text.substr(0, random() % text.size()));
      break;
    }
    case 2:
      client->send(e2e::request("GET", "quiet.test", "/repeat?n=20000"));
      client->readSome(1'000);
      break;
    case 3:
      client->send("POST /echo HTTP/1.1\r\nHost: quiet.test\r\nContent-Length: 1000\r\n\r\nonly");
      break;
    default:
      client->send(e2e::request("GET", "quiet.test", "/wait?ms=200"));
  }
  client->reset();
  world.report().count(isTls ? "connections aborted, TLS" : "connections aborted");
}

}  // namespace

void startAttackers(Actors& actors, World& world) {
  using std::chrono::milliseconds;
  for (int i = 0; i < 2; ++i) {
    const auto kept = std::make_shared<Kept>(world, Kept::Over::plain, "");
    actors.start("hostile guest", milliseconds(60),
                 [&world, kept](std::mt19937& random) { misbehave(world, *kept, random); });
  }
  actors.start("flood", milliseconds(1'000), [&world](std::mt19937&) { flood(world); });
  actors.start("rate", milliseconds(700), [&world](std::mt19937&) { exceedRate(world); });
  actors.start("trickle", milliseconds(100), [&world](std::mt19937&) { trickle(world, 40); });
  actors.start("slow reader", milliseconds(300),
               [&world](std::mt19937& random) { readSlowly(world, random); });
  actors.start("silent", milliseconds(200),
               [&world](std::mt19937& random) { staySilent(world, random); });
  actors.start("leaver", milliseconds(15),
               [&world](std::mt19937& random) { leave(world, random); });
}

}  // namespace skiff::soak
