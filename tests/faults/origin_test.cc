// An origin that stalls, resets or talks nonsense: the request's own answer, and what is left.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>

#include "tests/e2e/daemon.h"
#include "tests/server/origin/scripted_origin.h"

namespace skiff::faults {
namespace {

using e2e::Client;
using e2e::ConfigText;
using e2e::Daemon;
using e2e::eventually;
using e2e::request;
using e2e::Response;

using Script = ScriptedOrigin::Script;

struct Case {
  const char* name;
  Script script;
  int status;  ///< 0: its answer had begun, and is cut
  const char* reason;
};

const Case kCases[] = {
    {"ResetsConnections", [](Peer& peer) { peer.reset(); }, 502, "origin_error"},
    {"ResetsBehindTheHead",
     [](Peer& peer) {
       peer.readHead();
       peer.reset();
     },
     502, "origin_error"},
    {"TalksNonsense",
     [](Peer& peer) {
       peer.readHead();
       peer.send("220 mail.example ESMTP\r\n");
       peer.waitForClose();
     },
     502, "origin_error"},
    {"StopsInTheHead",
     [](Peer& peer) {
       peer.readHead();
       peer.send("HTTP/1.1 200 OK\r\nContent-Le");
       peer.waitForClose();
     },
     504, "wall_limit"},
    {"TricklesTheHeadAndStops",
     [](Peer& peer) {
       peer.readHead();
       peer.trickle("HTTP/1.1 200 OK\r\nX-Slow: ");
       peer.waitForClose();
     },
     504, "wall_limit"},
    {"StopsInTheBody",
     [](Peer& peer) {
       peer.readHead();
       peer.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nbegun");
       peer.waitForClose();
     },
     0, "wall_limit"},
    {"TricklesTheBodyAndStops",
     [](Peer& peer) {
       peer.readHead();
       peer.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
       peer.trickle("begun");
       peer.waitForClose();
     },
     0, "wall_limit"},
};

void PrintTo(const Case& one, std::ostream* out) {
  *out << one.name;
}

std::string nameOf(const ::testing::TestParamInfo<Case>& instance) {
  return instance.param.name;
}

class AnOriginThat : public ::testing::TestWithParam<Case> {};

TEST_P(AnOriginThat, CostsItsRequestAloneAndLeavesNoConnection) {
  const auto well = [](Peer& peer) {
    peer.readHead();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
  };
  ScriptedOrigin origin({GetParam().script, well});
  ConfigText config;
  config.server = "shards = 1\n";
  config.apps = {
      {"front", "headers", "origin = \"" + origin.url() + "\"\nconfig = \"inner.test\"\n",
       "wall_ms = 300\n"},
      {"hello", "hello_wat", {}, {}}};
  Daemon daemon(config);
  Client quiet = daemon.connect();
  EXPECT_EQ(quiet.ask(request("GET", "hello.test", "/")).status, 200);
  const std::size_t before = daemon.process().readings().descriptors;

  {
    Client client = daemon.connect();
    client.send(request("GET", "front.test", "/first"));
    if (GetParam().status == 0) {
      client.receiveUntil("begun");
      EXPECT_TRUE(client.isClosed());
    } else {
      const Response refused = client.receive();
      EXPECT_EQ(refused.status, GetParam().status) << refused.body;
      EXPECT_EQ(refused.field("skiff-reason"), GetParam().reason);
    }
  }
  EXPECT_EQ(daemon.accessLine("\"path\":\"/first\"").value("reason"), GetParam().reason);
  EXPECT_EQ(quiet.ask(request("GET", "hello.test", "/")).status, 200);
  EXPECT_EQ(daemon.get("front.test").body, "ok") << "over a connection of its own";
  EXPECT_EQ(origin.connections(), 2);
  EXPECT_TRUE(eventually([&] { return daemon.process().readings().descriptors <= before; }));
}

INSTANTIATE_TEST_SUITE_P(Cases, AnOriginThat, ::testing::ValuesIn(kCases), nameOf);

}  // namespace
}  // namespace skiff::faults
