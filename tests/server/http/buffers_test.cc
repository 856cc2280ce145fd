#include <random>
#include <string>

#include "gtest/gtest.h"
#include "server/http/connection_ledger.h"
#include "server/http/input_buffer.h"
#include "server/http/output_buffer.h"

namespace skiff {
namespace {

std::span<const std::byte> bytesOf(const std::string& text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

std::string pendingText(const OutputBuffer& buffer) {
  const auto pending = buffer.pending();
  return std::string(pending.pieces[0]) + std::string(pending.pieces[1]);
}

TEST(OutputBufferTest, PutsAHeadDirectlyBeforeItsBody) {
  BlockPool pool(70 << 10);
  OutputBuffer buffer(pool);
  EXPECT_EQ(buffer.hold(bytesOf("body")), 4u);
  EXPECT_EQ(buffer.pendingSize(), 0u);
  buffer.release("head ", " tail");
  EXPECT_EQ(pendingText(buffer), "head body tail");
  buffer.consume(14);
  EXPECT_TRUE(buffer.empty());
}

TEST(OutputBufferTest, TakesNoMoreBodyThanItsCapacity) {
  BlockPool pool(70 << 10);
  OutputBuffer buffer(pool);
  const std::string large(100 << 10, 'x');
  EXPECT_EQ(buffer.hold(bytesOf(large)), OutputBuffer::kCapacity);
  EXPECT_EQ(buffer.room(), 0u);
  EXPECT_EQ(buffer.hold(bytesOf(large)), 0u);
  buffer.dropHeld();
  EXPECT_EQ(buffer.room(), OutputBuffer::kCapacity);
}

TEST(OutputBufferTest, AHeadLargerThanItsRoomMovesTheBody) {
  BlockPool pool(70 << 10);
  OutputBuffer buffer(pool);
  const std::string head(60 << 10, 'h');
  const std::string body(64 << 10, 'b');
  EXPECT_EQ(buffer.hold(bytesOf(body)), body.size());
  buffer.release(head);
  EXPECT_EQ(pendingText(buffer), head + body);
}

TEST(OutputBufferTest, WhatIsInsertedGoesBeforeWhatIsHeld) {
  BlockPool pool(70 << 10);
  OutputBuffer buffer(pool);
  buffer.hold(bytesOf("body"));
  buffer.insert("first ");
  buffer.insert(std::string(2000, 'i'));
  EXPECT_EQ(pendingText(buffer), "first " + std::string(2000, 'i'));
  buffer.release("head ");
  EXPECT_EQ(pendingText(buffer), "first " + std::string(2000, 'i') + "head body");
}

TEST(OutputBufferTest, ALargeBodyFollowsItsHead) {
  BlockPool pool(70 << 10);
  OutputBuffer buffer(pool);
  buffer.releaseLarge("head ", std::string(1 << 20, 'l'));
  EXPECT_EQ(buffer.room(), 0u);
  std::size_t sent = 0;
  while (buffer.pendingSize() != 0) {
    sent += 1000;
    buffer.consume(std::min<std::size_t>(1000, buffer.pendingSize()));
  }
  EXPECT_GE(sent, (1u << 20) + 5);
  EXPECT_EQ(buffer.room(), OutputBuffer::kCapacity);
}

TEST(OutputBufferTest, KeepsEveryByteInOrderInAnySequenceOfCalls) {
  BlockPool pool(70 << 10);
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    OutputBuffer buffer(pool);
    std::string expected;
    std::string held;
    std::string sent;
    char next = 'a';
    const auto text = [&](std::size_t most) {
      next = next == 'z' ? 'a' : static_cast<char>(next + 1);
      return std::string(random() % most, next);
    };
    for (int call = 0; call < 60; ++call) {
      switch (random() % 4) {
        case 0: {
          const std::string body = text(30'000);
          held += body.substr(0, buffer.hold(bytesOf(body)));
          break;
        }
        case 1: {
          const std::string before = text(2000);
          const std::string after = text(20);
          buffer.release(before, after);
          expected += before + held + after;
          held.clear();
          break;
        }
        case 2: {
          const std::string inserted = text(100);
          buffer.insert(inserted);
          expected += inserted;
          break;
        }
        default: {
          const std::size_t size = std::min<std::size_t>(random() % 40'000, buffer.pendingSize());
          sent += pendingText(buffer).substr(0, size);
          buffer.consume(size);
        }
      }
      ASSERT_EQ(sent + pendingText(buffer), expected);
      ASSERT_EQ(buffer.heldSize(), held.size());
    }
  }
}

void put(InputBuffer& buffer, InputBuffer::Growth growth, const std::string& text) {
  const auto space = buffer.prepare(growth);
  ASSERT_GE(space.size(), text.size());
  std::copy(text.begin(), text.end(), space.begin());
  buffer.commit(text.size());
}

TEST(InputBufferTest, IsSmallUntilMoreIsNeededAndBounded) {
  BlockPool pool(64 << 10);
  InputBuffer buffer(pool);
  put(buffer, InputBuffer::Growth::small, std::string(4096, 'x'));
  EXPECT_TRUE(buffer.prepare(InputBuffer::Growth::small).empty());
  EXPECT_EQ(buffer.prepare(InputBuffer::Growth::block).size(), (64u << 10) - 4096);
  EXPECT_EQ(buffer.view(), std::string(4096, 'x'));
  put(buffer, InputBuffer::Growth::block, std::string((64 << 10) - 4096, 'y'));
  EXPECT_TRUE(buffer.prepare(InputBuffer::Growth::block).empty());
  buffer.consume((64 << 10) - 3);
  EXPECT_EQ(buffer.prepare(InputBuffer::Growth::small).size(), 4096u - 3);
  EXPECT_EQ(buffer.view(), "yyy");
}

TEST(ConnectionLedgerTest, CountsInAllAndByAddress) {
  ConnectionLedger ledger(3, 2);
  const ClientAddress a{{1}};
  const ClientAddress b{{2}};
  using Verdict = ConnectionLedger::Verdict;
  EXPECT_EQ(ledger.enter(a), Verdict::admitted);
  EXPECT_EQ(ledger.enter(a), Verdict::admitted);
  EXPECT_EQ(ledger.enter(a), Verdict::tooManyOfAddress);
  EXPECT_EQ(ledger.enter(b), Verdict::admitted);
  EXPECT_EQ(ledger.enter(b), Verdict::tooMany);
  EXPECT_EQ(ledger.connections(), 3u);
  ledger.leave(a);
  EXPECT_EQ(ledger.enter(a), Verdict::admitted);
}

}  // namespace
}  // namespace skiff
