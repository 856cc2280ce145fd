// What a daemon is given by another one, and gives to the next, without an engine.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "server/api/change_gate.h"
#include "server/restart/hand_over_channel.h"
#include "server/restart/listen_sockets.h"
#include "server/restart/passed_descriptors.h"
#include "server/restart/passed_ticket_keys.h"
#include "server/restart/service_manager.h"
#include "server/restart/successor.h"
#include "server/tls/ticket_keys.h"
#include "tests/temporary_directory.h"

namespace skiff {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using testing::TemporaryDirectory;

/// The environment as it was, when a test is over.
class Environment {
 public:
  void set(const char* name, const std::string& value) { ::setenv(name, value.c_str(), 1); }
  ~Environment() {
    for (const char* name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "NOTIFY_SOCKET",
                             "WATCHDOG_USEC", "WATCHDOG_PID"}) {
      ::unsetenv(name);
    }
  }
};

Descriptor copyOf(const ListenSocket& socket) {
  return Descriptor(::fcntl(socket.descriptor(), F_DUPFD_CLOEXEC, 0));
}

ListenSocket anySocket() {
  auto socket = ListenSocket::open({"127.0.0.1", 0});
  if (socket.has_error()) throw std::runtime_error(socket.error().message);
  return std::move(*socket);
}

ServerConfig listeningOn(std::vector<ListenAddress> addresses) {
  ServerConfig server;
  server.listen = std::move(addresses);
  return server;
}

TEST(PassedDescriptors, AreNoneIfTheyAreForAnotherProcess) {
  Environment environment;
  environment.set("LISTEN_PID", std::to_string(::getppid()));
  environment.set("LISTEN_FDS", "2");
  auto passed = PassedDescriptors::take();
  ASSERT_TRUE(passed.has_value());
  EXPECT_THAT(passed->left(), IsEmpty());
  EXPECT_EQ(std::getenv("LISTEN_FDS"), nullptr);
}

TEST(PassedDescriptors, ThatAreNotThereOrNotANumberAreRefused) {
  for (const char* count : {"", "-1", "x", "1x", "8193", "99999999999999999999"}) {
    Environment environment;
    environment.set("LISTEN_PID", std::to_string(::getpid()));
    environment.set("LISTEN_FDS", count);
    const auto passed = PassedDescriptors::take();
    ASSERT_TRUE(passed.has_error()) << count;
    EXPECT_THAT(passed.error().message, HasSubstr("LISTEN_FDS"));
  }
}

TEST(PassedTicketKeys, AreTakenOverAndLeftNowhereElse) {
  TicketKeys keys;
  const auto current = keys.current();
  ASSERT_TRUE(current);
  const auto memory = passOnTicketKeys(keys);
  ASSERT_TRUE(memory.has_value());
  const auto bytes = [&] {
    std::string text(4'096, '\0');
    const ssize_t got = ::pread(memory->number(), text.data(), text.size(), 0);
    return text.substr(0, static_cast<std::size_t>(std::max<ssize_t>(0, got)));
  };
  const std::string cipher(current->cipher.begin(), current->cipher.end());
  EXPECT_THAT(bytes(), HasSubstr(cipher));
  EXPECT_NE(::ftruncate(memory->number(), 0), 0) << "its size is sealed";

  TicketKeys others;
  ASSERT_TRUE(takeTicketKeys(*memory, others).has_value());
  EXPECT_EQ(others.current()->name, current->name);
  EXPECT_EQ(others.current()->cipher, current->cipher);
  EXPECT_EQ(others.current()->mac, current->mac);
  EXPECT_EQ(bytes(), std::string(bytes().size(), '\0'));
  EXPECT_TRUE(takeTicketKeys(*memory, others).has_error()) << "they are there once";
  EXPECT_EQ(others.current()->name, current->name);
}

TEST(PassedTicketKeys, AreRefusedInAnyOtherForm) {
  TicketKeys keys;
  (void)keys.current();
  const auto whole = passOnTicketKeys(keys);
  ASSERT_TRUE(whole.has_value());
  std::string good(4'096, '\0');
  good.resize(static_cast<std::size_t>(::pread(whole->number(), good.data(), good.size(), 0)));
  std::string many = good;
  many[8] = '\x7f';
  std::string older = good;
  older[7] = '0';
  for (const std::string& text :
       {std::string(), std::string("x"), good.substr(1), good + "x", many, older}) {
    const Descriptor memory(::memfd_create("test", MFD_CLOEXEC));
    ASSERT_EQ(::pwrite(memory.number(), text.data(), text.size(), 0), ssize_t(text.size()));
    TicketKeys other;
    const auto taken = takeTicketKeys(memory, other);
    ASSERT_TRUE(taken.has_error()) << text.size();
    EXPECT_THAT(taken.error().message, HasSubstr("in another form"));
    EXPECT_THAT(other.all(), IsEmpty());
  }
  TicketKeys other;
  EXPECT_TRUE(takeTicketKeys(Descriptor(::open("/dev/null", O_WRONLY)), other).has_error());
}

TEST(ListenSockets, AreThoseThatWerePassedForTheAddress) {
  const ListenSocket one = anySocket();
  const auto two = ListenSocket::open(one.address());
  ASSERT_TRUE(two.has_value());
  const ListenSocket stray = anySocket();
  PassedDescriptors passed;
  passed.left().push_back({copyOf(one), "skiffd.socket"});
  passed.left().push_back({copyOf(stray), "skiffd.socket"});
  passed.left().push_back({copyOf(*two), ""});
  const auto sockets = ListenSockets::open(listeningOn({one.address()}), 3, passed);
  ASSERT_TRUE(sockets.has_value());
  EXPECT_TRUE(sockets->hasPassed());
  EXPECT_THAT(sockets->passedOn(), SizeIs(2)) << "none is opened beside them";
  EXPECT_THAT(passed.left(), SizeIs(1)) << "another address' stays where it is";
}

TEST(ListenSockets, OfAPortThatTheSystemChoseAreFoundByTheirName) {
  PassedDescriptors none;
  const auto first = ListenSockets::open(listeningOn({{"127.0.0.1", 0}}), 2, none);
  ASSERT_TRUE(first.has_value());
  EXPECT_FALSE(first->hasPassed());
  PassedDescriptors passed;
  for (const PassedOn& one : first->passedOn()) {
    EXPECT_EQ(one.name, "http-any");
    passed.left().push_back({Descriptor(::fcntl(one.descriptor, F_DUPFD_CLOEXEC, 0)), one.name});
  }
  const auto second = ListenSockets::open(listeningOn({{"127.0.0.1", 0}}), 2, passed);
  ASSERT_TRUE(second.has_value());
  EXPECT_EQ(listeningAddress(second->passedOn().front().descriptor),
            listeningAddress(first->passedOn().front().descriptor));
  EXPECT_THAT(passed.left(), IsEmpty());
}

TEST(ListenSockets, AreAllAcceptedFromHoweverManyShardsThereAre) {
  PassedDescriptors none;
  const auto sockets = ListenSockets::open(listeningOn({{"127.0.0.1", 0}}), 3, none);
  ASSERT_TRUE(sockets.has_value());
  for (const std::size_t shards : {1u, 2u, 3u, 5u}) {
    const auto ofShards = sockets->ofShards(shards);
    ASSERT_TRUE(ofShards.has_value());
    std::size_t copies = 0;
    for (const auto& ofShard : *ofShards) {
      EXPECT_THAT(ofShard, ::testing::Not(IsEmpty())) << "a shard without a socket of its own";
      copies += ofShard.size();
    }
    EXPECT_EQ(copies, std::max<std::size_t>(shards, 3)) << shards;
  }
}

TEST(ListenSockets, ThatDoNotListenAreNotTaken) {
  const Descriptor datagrams(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const Descriptor file(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const Descriptor silent(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  for (const Descriptor* one : {&datagrams, &file, &silent}) {
    EXPECT_EQ(listeningAddress(one->number()), std::nullopt);
  }
}

TEST(TheAdminSocket, IsTakenByItsAddressOrItsName) {
  const ListenSocket socket = anySocket();
  PassedDescriptors passed;
  passed.left().push_back({copyOf(socket), "skiffd.socket"});
  EXPECT_TRUE(takeAdminSocket(socket.address(), passed));
  passed.left().push_back({copyOf(socket), passedOnAdmin({"127.0.0.1", 0}, 1).name});
  EXPECT_TRUE(takeAdminSocket({"127.0.0.1", 0}, passed));
  EXPECT_FALSE(takeAdminSocket({"127.0.0.1", 0}, passed));
}

/// A successor that is a shell script, and what it wrote.
class AScript : public ::testing::Test {
 protected:
  Starter& script(const std::string& text) {
    std::ofstream(folder_.path() / "script") << "#!/bin/sh\n" << text;
    std::filesystem::permissions(folder_.path() / "script", std::filesystem::perms::owner_all);
    auto started = Starter::start(
        SKIFF_STARTER,
        {{(folder_.path() / "script").string(), (folder_.path() / "output").string()}, {}});
    if (started.has_error()) throw std::runtime_error(started.error().message);
    return *starters_.emplace_back(std::move(*started));
  }
  std::string output() const {
    std::ifstream stream(folder_.path() / "output");
    return {std::istreambuf_iterator<char>(stream), {}};
  }

  TemporaryDirectory folder_;
  std::vector<std::unique_ptr<Starter>> starters_;
};

TEST_F(AScript, IsGivenDescriptorsInTheirOrderAndItsNames) {
  const ListenSocket one = anySocket();
  const Descriptor file(::open((folder_.path() / "passed").c_str(), O_RDWR | O_CREAT, 0600));
  auto started = Successor::start(
      script("echo passed >&4\necho $LISTEN_FDS $LISTEN_FDNAMES $SKIFF_LISTEN_PID >$1\n"),
      {{one.descriptor(), "http"}, {file.number(), "lock"}});
  ASSERT_TRUE(started.has_value());
  // Its end of the channel closes with it.
  char byte = 0;
  const Descriptor channel = started->takeChannel();
  ::fcntl(channel.number(), F_SETFL, 0);
  EXPECT_EQ(::recv(channel.number(), &byte, 1, 0), 0);
  EXPECT_EQ(started->end(), "ended with exit code 0");
  EXPECT_EQ(output(), "3 http:lock:skiff-hand-over self\n");
  EXPECT_EQ(std::filesystem::file_size(folder_.path() / "passed"), 7u);
}

TEST_F(AScript, ThatFailsSaysHowItEndedAndOneThatHangsIsEnded) {
  auto failing = Successor::start(script("exit 3"), {});
  ASSERT_TRUE(failing.has_value());
  EXPECT_EQ(failing->end(), "ended with exit code 3");
  EXPECT_EQ(failing->end(), "");
  pid_t process = -1;
  {
    auto hanging = Successor::start(script("exec sleep 1000"), {});
    ASSERT_TRUE(hanging.has_value());
    process = hanging->process();
  }
  EXPECT_EQ(::kill(process, 0), -1) << "who is not released ends with its owner";
}

TEST_F(AScript, ThatIsNotThereIsAnError) {
  const auto starter = Starter::start(SKIFF_STARTER, {{"/nowhere/skiffd"}, {}});
  ASSERT_TRUE(starter.has_value());
  const auto started = Successor::start(**starter, {});
  ASSERT_TRUE(started.has_error());
  EXPECT_THAT(started.error().message, HasSubstr("/nowhere/skiffd"));
  const auto ofNobody = Starter::start(SKIFF_STARTER, {});
  ASSERT_TRUE(ofNobody.has_value());
  EXPECT_TRUE(Successor::start(**ofNobody, {}).has_error());
}

TEST(TheHandOverChannel, TellsWordsAndThatTheOtherIsGone) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
  boost::asio::io_context context;
  std::vector<std::optional<HandOverWord>> heard;
  HandOverChannel hearer(context, Descriptor(ends[0]));
  auto speaker = std::make_unique<HandOverChannel>(context, Descriptor(ends[1]));
  hearer.listen([&](std::optional<HandOverWord> word) {
    heard.push_back(word);
    if (word == HandOverWord::ready) speaker.reset();
  });
  speaker->say(HandOverWord::prepared);
  speaker->say(HandOverWord::ready);
  context.run();
  EXPECT_THAT(heard, ElementsAre(HandOverWord::prepared, HandOverWord::ready, std::nullopt));
}

TEST(TheHandOverChannel, TakesNonsenseForTheEnd) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
  boost::asio::io_context context;
  std::vector<std::optional<HandOverWord>> heard;
  HandOverChannel hearer(context, Descriptor(ends[0]));
  const Descriptor other(ends[1]);
  hearer.listen([&](std::optional<HandOverWord> word) { heard.push_back(word); });
  ASSERT_EQ(::send(other.number(), "xyz", 3, 0), 3);
  context.run();
  EXPECT_THAT(heard, ElementsAre(std::nullopt));
}

/// What a service manager is told.
class AServiceManager : public ::testing::TestWithParam<bool> {
 protected:
  AServiceManager() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = (folder_.path() / "notify").string();
    name_ = GetParam() ? "@skiff-test-" + std::to_string(::getpid()) : path;
    std::copy(name_.begin(), name_.end(), address.sun_path);
    if (GetParam()) address.sun_path[0] = '\0';
    socket_ = Descriptor(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name_.size());
    if (::bind(socket_.number(), reinterpret_cast<sockaddr*>(&address), size) != 0) {
      throw std::runtime_error("bind");
    }
  }

  TemporaryDirectory folder_;
  std::string name_;
  Descriptor socket_;
};

TEST_P(AServiceManager, IsToldInOneDatagram) {
  Environment environment;
  environment.set("NOTIFY_SOCKET", name_);
  ServiceManager::fromEnvironment().notify("READY=1\nSTATUS=ready");
  char text[64];
  const ssize_t size = ::recv(socket_.number(), text, sizeof text, MSG_DONTWAIT);
  ASSERT_GT(size, 0);
  EXPECT_EQ(std::string(text, static_cast<std::size_t>(size)), "READY=1\nSTATUS=ready");
}

INSTANTIATE_TEST_SUITE_P(Names, AServiceManager, ::testing::Bool(), [](const auto& name) {
  return std::string(name.param ? "Abstract" : "Path");
});

TEST(ServiceManager, IsNoneUnlessThereIsOne) {
  ServiceManager::fromEnvironment().notify("READY=1");
  Environment environment;
  for (const std::string& name :
       {std::string("nonsense"), "/" + std::string(200, 'x'), std::string("/nowhere/socket")}) {
    environment.set("NOTIFY_SOCKET", name);
    ServiceManager::fromEnvironment().notify("READY=1");
  }
}

TEST(ServiceManager, WatchesOnlyTheProcessThatItMeans) {
  Environment environment;
  EXPECT_EQ(ServiceManager::fromEnvironment().watchdog(), std::nullopt);
  environment.set("WATCHDOG_USEC", "30000000");
  EXPECT_EQ(ServiceManager::fromEnvironment().watchdog(), std::chrono::seconds(30));
  environment.set("WATCHDOG_PID", std::to_string(::getpid()));
  EXPECT_EQ(ServiceManager::fromEnvironment().watchdog(), std::chrono::seconds(30));
  environment.set("WATCHDOG_PID", std::to_string(::getppid()));
  EXPECT_EQ(ServiceManager::fromEnvironment().watchdog(), std::nullopt);
  ::unsetenv("WATCHDOG_PID");
  for (const char* text : {"0", "-5", "x", "5s", ""}) {
    environment.set("WATCHDOG_USEC", text);
    EXPECT_EQ(ServiceManager::fromEnvironment().watchdog(), std::nullopt) << text;
  }
}

TEST(AChangeGate, LetsNobodyInWhileItIsClosedAndTellsWhenTheLastHasLeft) {
  ChangeGate gate;
  bool empty = false;
  {
    const auto first = gate.enter();
    ASSERT_TRUE(first);
    {
      const auto second = gate.enter();
      gate.close([&] { empty = true; });
      EXPECT_FALSE(gate.enter());
    }
    EXPECT_FALSE(empty);
  }
  EXPECT_TRUE(empty);
  gate.open();
  EXPECT_TRUE(gate.enter());
  empty = false;
  gate.close([&] { empty = true; });
  EXPECT_TRUE(empty) << "nobody was in";
}

TEST(AChangeGate, ForgetsWhoWaitsWhenItIsOpenedAgain) {
  ChangeGate gate;
  bool empty = false;
  {
    const auto pass = gate.enter();
    gate.close([&] { empty = true; });
    gate.open();
  }
  EXPECT_FALSE(empty);
}

TEST(AChangeGate, CountsThoseOfManyThreads) {
  ChangeGate gate;
  std::atomic<int> inside = 0;
  std::atomic<bool> empty = false;
  std::atomic<bool> wrong = false;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      while (const auto pass = gate.enter()) {
        ++inside;
        if (empty) wrong = true;
        --inside;
      }
    });
  }
  gate.close([&] {
    if (inside != 0) wrong = true;
    empty = true;
  });
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(empty);
  EXPECT_FALSE(wrong);
}

}  // namespace
}  // namespace skiff
