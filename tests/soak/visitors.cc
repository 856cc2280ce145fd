// Those who behave: the quiet tenant's clients, and those of all others.
#include <memory>

#include "tests/e2e/http2_requests.h"
#include "tests/soak/actors.h"
#include "tests/soak/visit.h"

namespace skiff::soak {
namespace {

using e2e::Http2Outcome;
using e2e::KeptHttp2Requests;
using Kind = Http2Outcome::Kind;

Reply replyOf(const Http2Outcome& outcome) {
  Reply reply{outcome.status, outcome.reason, outcome.body};
  reply.isComplete = outcome.kind == Kind::answered;
  if (!reply.isComplete) reply.failure = "stream error " + std::to_string(outcome.error);
  return reply;
}

std::vector<Http2Outcome> askOver(World& world, KeptHttp2Requests& kept,
                                  const std::vector<e2e::Http2Request>& requests) {
  const std::size_t before = kept.replaced();
  std::vector<Http2Outcome> outcomes = kept.ask(requests);
  world.report().count("HTTP/2 connections that the server ended", kept.replaced() - before);
  return outcomes;
}

void checkQuiet(World& world, const Reply& reply, const char* over) {
  world.report().count(std::string("quiet requests, ") + over);
  if (reply.isComplete && reply.status == 200 && reply.body == world.fileBody("quiet")) return;
  reportReply(world, std::string("the quiet tenant, ") + over, reply, "GET / of quiet.test");
}

/// The host that TLS is spoken with. Any other may be asked for over it: strict_sni is off.
constexpr const char* kAnyHost = "a0.t0.test";

void visitPipelined(World& world, Kept& kept, std::mt19937& random) {
  std::vector<Visit> visits(1 + random() % 12);
  std::string all;
  for (Visit& visit : visits) {
    visit = Visit::draw(world, random);
    all += visit.text();
  }
  Http1& connection = kept.connection();
  connection.send(all);
  for (const Visit& visit : visits) {
    const Reply reply = connection.receive();
    check(world, visit, reply, "visits, pipelined");
    if (!reply.isLast) continue;
    // What is behind the last answer was not begun.
    kept.drop();
    return;
  }
}

void visitMultiplexed(World& world, KeptHttp2Requests& kept, std::mt19937& random) {
  std::vector<Visit> visits(1 + random() % 24);
  std::vector<e2e::Http2Request> requests;
  for (Visit& visit : visits) {
    visit = Visit::draw(world, random);
    requests.push_back(visit.http2());
    requests.back().isTakenBack = random() % 8 == 0;
  }
  const auto outcomes = askOver(world, kept, requests);
  for (std::size_t i = 0; i < visits.size(); ++i) {
    if (requests[i].isTakenBack) {
      world.report().count("HTTP/2 streams taken back");
    } else {
      check(world, visits[i], replyOf(outcomes[i]), "visits, HTTP/2");
    }
  }
}

void askForConfig(World& world, Kept& kept) {
  const auto begin = Clock::now();
  const std::string request = e2e::request("GET", "conf.test", "/config");
  const Reply reply = kept.ask(request);
  const std::string head = world.fileBody("conf");
  world.report().count("answers with what the configuration says");
  if (reply.status == 200 && reply.body.starts_with(head) &&
      world.configured().wasPossible(reply.body.substr(head.size()), begin, Clock::now())) {
    return;
  }
  reportReply(world, "configuration", reply, request);
}

/// What is forwarded to the origin.
struct Fetch {
  explicit Fetch(std::mt19937& random)
      : isBroken(random() % 8 == 0), path("/next/" + std::to_string(random())) {
    if (isBroken) path = random() % 2 == 0 ? "/next/reset" : "/next/garbage";
  }

  std::string text() const { return e2e::request("GET", "proxy.test", path); }
  void check(World& world, const Reply& reply) const {
    const bool isRight = isBroken ? reply.status == 502 && reply.reason == "origin_error"
                                  : reply.status == 200 && reply.body == "origin " + path + "\n";
    if (!isRight || !reply.isComplete) reportReply(world, "origin", reply, text());
  }

  bool isBroken;
  std::string path;
};

void askOrigin(World& world, Kept& kept, std::mt19937& random) {
  const Fetch fetch(random);
  const Reply reply = kept.ask(fetch.text());
  world.report().count(fetch.isBroken ? "origin fetches that must fail" : "origin fetches");
  fetch.check(world, reply);
}

void askOriginMultiplexed(World& world, KeptHttp2Requests& kept, std::mt19937& random) {
  std::vector<Fetch> fetches;
  std::vector<e2e::Http2Request> requests;
  for (std::size_t i = 1 + random() % 8; i != 0; --i) {
    fetches.emplace_back(random);
    requests.push_back({"proxy.test", fetches.back().path});
  }
  const auto outcomes = askOver(world, kept, requests);
  for (std::size_t i = 0; i < fetches.size(); ++i) fetches[i].check(world, replyOf(outcomes[i]));
  world.report().count("origin fetches, HTTP/2", fetches.size());
}

void askForFile(World& world, Kept& kept, std::mt19937& random) {
  struct Case {
    const char* path;
    int status;
  };
  static constexpr Case kCases[] = {{"/page.txt", 200},
                                    {"/page.txt", 200},
                                    {"/none.txt", 404},
                                    {"/%2e%2e/quiet.wasm", 400},
                                    {"/..%2fquiet.wasm", 400}};
  const Case& one = kCases[random() % std::size(kCases)];
  const std::string request = e2e::request("GET", "site.test", one.path);
  const Reply reply = kept.ask(request);
  world.report().count("files");
  const bool isRight = reply.status == one.status && reply.isComplete &&
                       (one.status != 200 || reply.body == world.page()) &&
                       world.foreign(reply.body, "site").empty();
  if (isRight) return;
  reportReply(world, "files", reply, request);
}

}  // namespace

void startQuiet(Actors& actors, World& world, QuietTimes& times) {
  constexpr std::chrono::milliseconds kPause{20};
  const auto timed = [&times](auto ask) {
    return [&times, ask](std::mt19937&) {
      const auto begin = Clock::now();
      ask();
      times.record(Clock::now() - begin);
    };
  };
  const auto kept = std::make_shared<Kept>(world, Kept::Over::plain, "");
  actors.start("quiet", kPause, timed([&world, kept] {
                 checkQuiet(world, kept->ask(e2e::request("GET", "quiet.test", "/")), "HTTP/1.1");
               }));
  const auto tls = std::make_shared<Kept>(world, Kept::Over::tls, "quiet.test");
  actors.start("quiet over TLS", kPause, timed([&world, tls] {
                 checkQuiet(world, tls->ask(e2e::request("GET", "quiet.test", "/")),
                            "HTTP/1.1 over TLS");
               }));
  const auto http2 = std::make_shared<KeptHttp2Requests>(world.tlsPort(), "quiet.test");
  actors.start("quiet over HTTP/2", kPause, timed([&world, http2] {
                 checkQuiet(world, replyOf(askOver(world, *http2, {{"quiet.test"}}).front()),
                            "HTTP/2");
               }));
}

void startVisitors(Actors& actors, World& world) {
  using std::chrono::milliseconds;
  const auto plain = std::make_shared<Kept>(world, Kept::Over::plain, "");
  actors.start("visitor", milliseconds(4), [&world, plain](std::mt19937& random) {
    const Visit visit = Visit::draw(world, random);
    check(world, visit, plain->ask(visit.text()), "visits, HTTP/1.1");
  });
  const auto pipelined = std::make_shared<Kept>(world, Kept::Over::plain, "");
  actors.start("pipelining visitor", milliseconds(20), [&world, pipelined](std::mt19937& random) {
    visitPipelined(world, *pipelined, random);
  });
  const auto tls = std::make_shared<Kept>(world, Kept::Over::tls, kAnyHost);
  actors.start("visitor over TLS", milliseconds(8), [&world, tls](std::mt19937& random) {
    const Visit visit = Visit::draw(world, random);
    check(world, visit, tls->ask(visit.text()), "visits, HTTP/1.1 over TLS");
    if (random() % 6 == 0) tls->drop();
  });
  const auto http2 = std::make_shared<KeptHttp2Requests>(world.tlsPort(), kAnyHost);
  actors.start("visitor over HTTP/2", milliseconds(40),
               [&world, http2](std::mt19937& random) { visitMultiplexed(world, *http2, random); });
  const auto conf = std::make_shared<Kept>(world, Kept::Over::plain, "");
  actors.start("configuration", milliseconds(25),
               [&world, conf](std::mt19937&) { askForConfig(world, *conf); });
  const auto origin = std::make_shared<Kept>(world, Kept::Over::plain, "");
  actors.start("origin", milliseconds(15),
               [&world, origin](std::mt19937& random) { askOrigin(world, *origin, random); });
  const auto originHttp2 = std::make_shared<KeptHttp2Requests>(world.tlsPort(), kAnyHost);
  actors.start("origin over HTTP/2", milliseconds(60), [&world, originHttp2](std::mt19937& random) {
    askOriginMultiplexed(world, *originHttp2, random);
  });
  const auto files = std::make_shared<Kept>(world, Kept::Over::plain, "");
  actors.start("files", milliseconds(25),
               [&world, files](std::mt19937& random) { askForFile(world, *files, random); });
}

}  // namespace skiff::soak
