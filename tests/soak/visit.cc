#include "tests/soak/visit.h"

#include <utility>

namespace skiff::soak {

Visit Visit::draw(World& world, std::mt19937& random) {
  Visit visit;
  visit.app = &world.app(random() % world.apps());
  const std::string query = "?x=" + std::to_string(random());
  switch (random() % 8) {
    case 0: {
      visit.path = "/echo" + query;
      visit.body.resize(1 + random() % (random() % 10 == 0 ? 100'000 : 1'000));
      for (char& byte : visit.body) byte = static_cast<char>(random());
      break;
    }
    case 1:
    case 2:
      visit.path = "/keep" + query;
      break;
    case 3:
      visit.path = "/log" + query + world.secret(visit.app->tenant);
      break;
    case 4:
      visit.repeats = random() % 400;
      visit.path = "/repeat?n=" + std::to_string(visit.repeats);
      break;
    case 5:
      visit.path = "/wait?ms=" + std::to_string(random() % 20);
      break;
    default:
      visit.path = "/" + query;
  }
  visit.begin = Clock::now();
  return visit;
}

std::string Visit::text() const {
  return e2e::request(body.empty() ? "GET" : "POST", app->host, path, body);
}

void reportReply(World& world, const std::string& what, const Reply& reply,
                 const std::string& request) {
  const std::string text = what + ": status " + std::to_string(reply.status) + " " + reply.reason +
                           ", body \"" + shown(reply.body) + "\" " + reply.failure;
  // A wrong answer is one whenever it comes; none may be for want of time.
  if (reply.isComplete && reply.status == 200) {
    world.report().violation(text, request);
  } else {
    world.report().failure(text, request);
  }
}

void check(World& world, const Visit& visit, const Reply& reply, const std::string& activity) {
  const auto end = Clock::now();
  const Served& served = visit.app->served;
  const auto wrong = [&](const std::string& what) {
    reportReply(
        world,
        activity + ": " + what + " (there could be " + served.possible(visit.begin, end) + ")",
        reply, visit.text());
  };
  world.report().count(activity);
  if (const std::string found = world.foreign(reply.body, visit.app->tenant); !found.empty()) {
    return world.report().violation(activity + ": another tenant's " + found, visit.text());
  }
  if (!reply.isComplete) return wrong("no complete answer");
  if (reply.status != 200) {
    const bool isNobody = reply.status == 404 && reply.reason == "no_route";
    const bool isEarly = reply.status == 503 && reply.reason == "not_ready";
    if ((isNobody || isEarly) && served.wasPossible(Served::kNobody, visit.begin, end)) {
      return world.report().count("answers of apps that are not there");
    }
    return wrong("refused");
  }
  if (visit.repeats == 0 && reply.body.empty()) return;
  const std::string identity = reply.body.substr(0, kIdentitySize);
  if (!served.wasPossible(identity, visit.begin, end)) return wrong("a wrong version");
  std::string expected;
  for (std::size_t i = 0; i < visit.repeats; ++i) expected += identity + "\n";
  if (reply.body != expected + visit.body) wrong("other bytes than expected");
}

Http1& Kept::connection() {
  if (!connection_) {
    if (over_ == Over::plain) {
      connection_ = std::make_unique<Http1>(world_.port());
    } else {
      connection_ = std::make_unique<Http1>(world_.tlsPort(), host_, session_.get());
      world_.report().count(connection_->tls()->isResumed() ? "TLS handshakes, resumed"
                                                            : "TLS handshakes, full");
    }
  }
  return *connection_;
}

void Kept::drop() {
  if (!connection_) return;
  if (connection_->tls() != nullptr) {
    if (auto session = connection_->tls()->session()) session_ = std::move(session);
    // Nothing but that ends one: a restart keeps the keys of tickets.
    if (++dropped_ % kForgetEvery == 0) session_.reset();
  }
  connection_.reset();
}

Reply Kept::ask(const std::string& request) {
  Reply reply = connection().ask(request);
  if (reply.isLast) drop();
  return reply;
}

}  // namespace skiff::soak
