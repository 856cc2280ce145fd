#include "tests/server/http/wire_cases.h"

#include <algorithm>
#include <chrono>
#include <random>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/server/http/http_replay.h"
#include "tests/server/http/origin_wire.h"
#include "tests/server/http/wire_run.h"

namespace skiff {
namespace {

using Cuts = std::vector<std::size_t>;

/// How long an outcome that is not the expected one may still turn into it.
constexpr std::chrono::milliseconds kOutcomePatience{500};
/// Longer cases are cut at some of their bytes only.
constexpr std::size_t kCutEverywhere = 600;
constexpr int kRandomRounds = 3;
constexpr int kRoundsOfLong = 20;

std::string run(WireServer& server, const WireCase& wireCase, const Cuts& cuts) {
  WireRun run(server);
  for (const std::string_view piece : cutAt(wireCase.bytes, cuts)) {
    EXPECT_TRUE(run.send(piece)) << "the server reads no further";
  }
  if (wireCase.then == WireCase::Then::endsSending) run.finishSending();
  const auto deadline = std::chrono::steady_clock::now() + kOutcomePatience;
  while (true) {
    std::string outcome = run.outcome();
    if (outcome == wireCase.outcome || std::chrono::steady_clock::now() > deadline) return outcome;
  }
}

/// A WireCase's outcome in its parts.
struct Outcome {
  std::vector<std::string> served;  ///< "GET /a b.c" of each request that came whole
  bool isBroken = false;            ///< another one was begun
  std::string statuses;
};

/// The first three of the words in `text`.
std::string threeWords(std::string_view text) {
  std::size_t end = 0;
  for (int i = 0; i < 3; ++i) end = std::min(text.find(' ', end + 1), text.size());
  return std::string(text.substr(0, end));
}

Outcome partsOf(std::string_view text) {
  Outcome parts;
  const std::size_t arrow = text.rfind("->");
  parts.statuses = text.substr(arrow + 2, text.rfind(' ') - arrow - 2);
  std::string_view seen = text.substr(0, arrow);
  while (!seen.empty()) {
    const std::size_t end = std::min(seen.find("; "), seen.size());
    if (seen.substr(0, end).ends_with(" broken ")) {
      parts.isBroken = true;
    } else {
      parts.served.push_back(threeWords(seen.substr(0, end)));
    }
    seen.remove_prefix(std::min(end + 2, seen.size()));
  }
  return parts;
}

bool isRefused(const Outcome& outcome) {
  const std::string& statuses = outcome.statuses;
  return statuses.find(" 4") != statuses.npos || statuses.find(" 5") != statuses.npos;
}

/// Nothing of what is refused or broken off, and each request before it once.
void expectHiddenFromOrigin(const WireCase& wireCase, const Outcome& expected,
                            const HttpLimits& limits) {
  OriginWire wire(limits);
  wire.sendFromClient(wireCase.bytes);
  for (std::size_t i = 0; i < expected.served.size(); ++i) {
    wire.sendFromOrigin("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  }
  if (wireCase.then == WireCase::Then::endsSending) wire.endClient();
  EXPECT_EQ(statusesIn(wire.client()), expected.statuses);
  if (expected.served.empty() && !expected.isBroken) {
    EXPECT_EQ(wire.originConnections(), 0u);
    return;
  }

  EXPECT_LE(wire.originConnections(), 1u);
  std::vector<std::string> heads;
  std::size_t whole = 0;
  for (const std::string& event : replayRequests(wire.origin())) {
    EXPECT_FALSE(event.starts_with("refused ")) << wire.origin();
    if (event.starts_with("head ")) heads.push_back(threeWords(event.substr(5)));
    if (event.starts_with("end")) ++whole;
  }
  EXPECT_EQ(whole, expected.served.size()) << wire.origin();
  EXPECT_LE(heads.size(), whole + (expected.isBroken ? 1 : 0)) << wire.origin();
  heads.resize(whole);
  EXPECT_EQ(heads, expected.served);
  if (expected.isBroken) {
    EXPECT_NE(wire.originEnd(), WireSocket::End::open);
  }
}

}  // namespace

std::vector<std::vector<std::size_t>> waysToCut(std::size_t size) {
  std::vector<Cuts> ways = {{}};
  if (size == 0) return ways;
  std::mt19937 random(static_cast<unsigned>(size));
  const bool isLong = size > kCutEverywhere;
  if (!isLong) {
    Cuts each;
    for (std::size_t at = 1; at < size; ++at) {
      ways.push_back({at});
      each.push_back(at);
    }
    ways.push_back(each);
  }
  for (int round = 0; round < (isLong ? kRoundsOfLong : kRandomRounds); ++round) {
    Cuts cuts;
    for (int i = 0; i < 5; ++i) cuts.push_back(1 + random() % size);
    std::sort(cuts.begin(), cuts.end());
    ways.push_back(cuts);
  }
  return ways;
}

std::vector<std::string_view> cutAt(std::string_view bytes, std::span<const std::size_t> cuts) {
  std::vector<std::string_view> pieces;
  std::size_t begin = 0;
  for (const std::size_t cut : cuts) {
    pieces.push_back(bytes.substr(begin, cut - begin));
    begin = cut;
  }
  pieces.push_back(bytes.substr(begin));
  return pieces;
}

void expectOneReading(std::span<const WireCase> cases, WireServer::Handling handling,
                      const HttpLimits& limits) {
  WireServer server(handling, limits);
  for (const WireCase& wireCase : cases) {
    SCOPED_TRACE(wireCase.name);
    for (const Cuts& cuts : waysToCut(wireCase.bytes.size())) {
      const std::string outcome = run(server, wireCase, cuts);
      if (outcome == wireCase.outcome) continue;
      EXPECT_EQ(outcome, wireCase.outcome)
          << "in " << cuts.size() + 1 << " pieces, the first of "
          << (cuts.empty() ? wireCase.bytes.size() : cuts.front()) << " bytes";
      break;
    }
    const Outcome expected = partsOf(wireCase.outcome);
    if (isRefused(expected) || wireCase.then == WireCase::Then::endsSending) {
      expectHiddenFromOrigin(wireCase, expected, limits);
    }
  }
}

}  // namespace skiff
