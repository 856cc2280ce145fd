#include "tests/server/http/wire_cases.h"

#include <algorithm>
#include <chrono>
#include <random>
#include <vector>

#include "gtest/gtest.h"
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
  }
}

}  // namespace skiff
