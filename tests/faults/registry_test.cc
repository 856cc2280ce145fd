// A registry that stalls, resets or talks nonsense, at each step of a pull.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>

#include "tests/deploy/oci/scripted_registry.h"
#include "tests/e2e/pulling.h"

namespace skiff::faults {
namespace {

using e2e::ApiReply;
using e2e::eventually;
using e2e::Puller;
using e2e::registryTable;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::ScriptedArtifact;

constexpr std::chrono::seconds kTime{1};
constexpr std::chrono::seconds kGrace{5};
constexpr int kTries = 16;

using Script = ScriptedOrigin::Script;

struct Case {
  const char* name;
  bool isTls;
  Script script;
  const char* reason;
};

void silence(Peer& peer) {
  peer.waitForClose();
}

/// Answers whatever it is asked for, or half of the module.
void half(Peer& peer) {
  static const ScriptedArtifact artifact(e2e::guestBytes("hello"));
  const std::string head = peer.readHead();
  if (artifact.answerFor(head, peer)) return;
  const std::string whole = testing::answer("200 OK", artifact.module);
  peer.send(std::string_view(whole).substr(0, whole.size() - artifact.module.size() / 2));
}

const Case kCases[] = {
    {"ResetsConnections", false, [](Peer& peer) { peer.reset(); }, "unreachable"},
    {"ResetsHandshakes", true,
     [](Peer& peer) {
       peer.readExactly(5);  // of a ClientHello
       peer.reset();
     },
     "unreachable"},
    {"IsSilentInTheHandshake", true, silence, "unreachable"},
    {"TalksNonsenseInTheHandshake", true,
     [](Peer& peer) { peer.send("220 mail.example ESMTP\r\n"); }, "tls"},
    {"IsSilent", false,
     [](Peer& peer) {
       peer.readHead();
       silence(peer);
     },
     "unreachable"},
    {"StopsInTheHead", false,
     [](Peer& peer) {
       peer.readHead();
       peer.send("HTTP/1.1 200 OK\r\nContent-Le");
       silence(peer);
     },
     "unreachable"},
    {"TricklesTheHeadAndStops", false,
     [](Peer& peer) {
       peer.readHead();
       peer.trickle("HTTP/1.1 200 OK\r\nX-Slow: ");
       silence(peer);
     },
     "unreachable"},
    {"StopsInTheBody", false,
     [](Peer& peer) {
       half(peer);
       silence(peer);
     },
     "unreachable"},
    {"ResetsInTheBody", false,
     [](Peer& peer) {
       half(peer);
       peer.reset();
     },
     "unreachable"},
};

void PrintTo(const Case& one, std::ostream* out) {
  *out << one.name;
}

std::string nameOf(const ::testing::TestParamInfo<Case>& instance) {
  return instance.param.name;
}

class ARegistryThat : public ::testing::TestWithParam<Case> {};

TEST_P(ARegistryThat, IsToldOfWithinTheTimeAndLeavesNothing) {
  ScriptedOrigin registry(std::vector<Script>(kTries, GetParam().script));
  const std::string name = "127.0.0.1:" + std::to_string(registry.port());
  Puller puller(registryTable(name, GetParam().isTls ? "" : "plain_http = true") +
                "[deploy]\npull_timeout_ms = 1000\n");
  puller.addApp("web");
  puller.addApp("other");
  const std::string version = puller.api().upload("acme/other", "hello_wat");
  EXPECT_EQ(puller.api().deploy("acme/other", version).status, 200);
  const std::size_t before = puller.daemon().process().readings().descriptors;

  const auto begin = std::chrono::steady_clock::now();
  const ApiReply refused = puller.pull("web", name + "/t/app:v1");
  EXPECT_LT(std::chrono::steady_clock::now() - begin, kTime + kGrace);
  EXPECT_EQ(refused.status, 502) << refused.text;
  EXPECT_EQ(refused.word("reason"), GetParam().reason) << refused.text;
  EXPECT_THAT(refused.word("detail"), HasSubstr(name));
  EXPECT_THAT(puller.versions("web"), IsEmpty());
  EXPECT_EQ(puller.get("other").body, "Hello from wasm");
  EXPECT_TRUE(
      eventually([&] { return puller.daemon().process().readings().descriptors <= before; }));
}

INSTANTIATE_TEST_SUITE_P(Cases, ARegistryThat, ::testing::ValuesIn(kCases), nameOf);

}  // namespace
}  // namespace skiff::faults
