#include "tests/server/http/wire_cases.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <random>
#include <vector>

#include "gtest/gtest.h"

namespace skiff {
namespace {

using Cuts = std::vector<std::size_t>;
using std::chrono::steady_clock;

/// Each piece is an event of its own, unless the client has sent one too many.
constexpr std::chrono::seconds kEventPatience{1};
/// How long an outcome that is not the expected one may still turn into it.
constexpr std::chrono::milliseconds kOutcomePatience{500};
/// Longer cases are cut at some of their bytes only.
constexpr std::size_t kCutEverywhere = 600;
constexpr int kRandomRounds = 3;
constexpr int kRoundsOfLong = 20;

class WireRun {
 public:
  explicit WireRun(WireServer& server)
      : server_(server), client_(WireSocket::connect(server.port())) {
    server_.turn(kEventPatience);
  }
  ~WireRun() {
    // The next run begins with nothing left of this one.
    { const WireSocket gone = std::move(client_); }
    EXPECT_TRUE(server_.turnUntil([this] { return server_.connections() == 0; }));
    server_.takeSeen();
  }

  void send(std::string_view bytes) {
    while (!bytes.empty() && client_.end() == WireSocket::End::open) {
      bytes.remove_prefix(client_.send(bytes));
      EXPECT_TRUE(server_.turn(kEventPatience)) << "the server reads no further";
      client_.receive();
    }
  }
  void finishSending() {
    client_.finishSending();
    server_.turn(kEventPatience);
  }

  /// As soon as it is `expected`, or what it stays.
  std::string outcome(std::string_view expected) {
    const auto deadline = steady_clock::now() + kOutcomePatience;
    std::string seen;
    while (true) {
      server_.turn();
      client_.receive();
      for (const std::string& request : server_.takeSeen()) {
        seen.append(seen.empty() ? "" : "; ").append(request);
      }
      std::string text = seen;
      text.append(seen.empty() ? "->" : " ->").append(statusesIn(client_.received()));
      for (std::size_t i = 0; i < server_.underWay(); ++i) text += " waits";
      constexpr std::string_view kEnds[] = {" open", " closed", " reset"};
      text += kEnds[static_cast<std::size_t>(client_.end())];
      if (text == expected || steady_clock::now() > deadline) return text;
    }
  }

 private:
  WireServer& server_;
  WireSocket client_;
};

std::string run(WireServer& server, const WireCase& wireCase, const Cuts& cuts) {
  WireRun run(server);
  for (const std::string_view piece : cutAt(wireCase.bytes, cuts)) run.send(piece);
  if (wireCase.then == WireCase::Then::endsSending) run.finishSending();
  return run.outcome(wireCase.outcome);
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

std::string statusesIn(std::string_view bytes) {
  std::string statuses;
  constexpr std::string_view kVersion = "HTTP/1.1 ";
  while (!bytes.empty()) {
    const std::size_t end = bytes.find("\r\n\r\n");
    if (!bytes.starts_with(kVersion) || end == bytes.npos) return statuses + " nonsense";
    const std::string head(bytes.substr(0, end + 2));
    bytes.remove_prefix(end + 4);
    const std::string status = head.substr(kVersion.size(), 3);
    if (status == "100") continue;
    statuses += " " + status;
    constexpr std::string_view kLength = "\r\nContent-Length: ";
    const std::size_t length = head.find(kLength);
    if (head.find("\r\nTransfer-Encoding: chunked\r\n") != head.npos) {
      const std::size_t last = bytes.find("0\r\n\r\n");
      if (last == bytes.npos) return statuses + " cut";
      bytes.remove_prefix(last + 5);
    } else if (length != head.npos) {
      // An answer to HEAD has none of the bytes that it tells the number of.
      if (bytes.empty() || bytes.starts_with(kVersion)) continue;
      const auto size = std::strtoull(head.c_str() + length + kLength.size(), nullptr, 10);
      if (bytes.size() < size) return statuses + " cut";
      bytes.remove_prefix(size);
    }
  }
  return statuses;
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
