#include "server/http/handshake_turns.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/post.hpp>

namespace skiff {
namespace {

struct Waiter final : HandshakeWaiter {
  explicit Waiter(std::vector<std::string>& log_, std::string name_)
      : log(log_), name(std::move(name_)) {}
  void onHandshakeTurn() override { log.push_back(name); }
  std::vector<std::string>& log;
  std::string name;
};

TEST(HandshakeTurns, LetOtherWorkOfTheLoopPassBetweenThem) {
  boost::asio::io_context context;
  HandshakeTurns turns(context);
  std::vector<std::string> log;
  Waiter a(log, "a"), b(log, "b"), c(log, "c");
  auto gone = std::make_unique<Waiter>(log, "gone");
  turns.add(a);
  turns.add(*gone);
  turns.add(b);
  turns.add(a);
  turns.add(c);
  gone.reset();
  boost::asio::post(context, [&] {
    log.push_back("request");
    boost::asio::post(context, [&] { log.push_back("request"); });
  });
  context.run();
  EXPECT_THAT(log, ::testing::ElementsAre("a", "request", "b", "request", "c"));
}

}  // namespace
}  // namespace skiff
