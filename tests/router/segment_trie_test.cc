#include "router/segment_trie.h"

#include <gtest/gtest.h>

#include <string>

namespace skiff {
namespace {

TEST(SegmentTrie, LeadsNowhereWhenEmpty) {
  const SegmentTrie trie;
  EXPECT_EQ(trie.child(0, ""), SegmentTrie::kNone);
  EXPECT_EQ(trie.child(SegmentTrie::kNone, "a"), SegmentTrie::kNone);
}

TEST(SegmentTrie, TellsEdgesApartByParentAndName) {
  SegmentTrieBuilder builder;
  const auto one = builder.addRoot();
  const auto two = builder.addRoot();
  const auto oneA = builder.addChild(one, "a");
  const auto twoA = builder.addChild(two, "a");
  const auto empty = builder.addChild(one, "");
  EXPECT_EQ(builder.addChild(one, "a"), oneA);

  const SegmentTrie trie(builder);
  EXPECT_EQ(trie.child(one, "a"), oneA);
  EXPECT_EQ(trie.child(two, "a"), twoA);
  EXPECT_EQ(trie.child(one, ""), empty);
  EXPECT_EQ(trie.child(two, ""), SegmentTrie::kNone);
  EXPECT_EQ(trie.child(oneA, "a"), SegmentTrie::kNone);
}

TEST(SegmentTrie, TellsNamesOfEveryLengthApart) {
  SegmentTrieBuilder builder;
  const auto root = builder.addRoot();
  std::vector<SegmentTrie::Node> nodes;
  for (std::size_t length = 0; length < 100; ++length) {
    nodes.push_back(builder.addChild(root, std::string(length, '\0')));
  }
  const SegmentTrie trie(builder);
  for (std::size_t length = 0; length < 100; ++length) {
    EXPECT_EQ(trie.child(root, std::string(length, '\0')), nodes[length]);
  }
  EXPECT_EQ(trie.child(root, std::string(100, '\0')), SegmentTrie::kNone);
}

TEST(SegmentTrie, StaysFastWithManyEdges) {
  SegmentTrieBuilder builder;
  const auto root = builder.addRoot();
  for (int i = 0; i < 100'000; ++i) builder.addChild(root, std::to_string(i));
  const SegmentTrie trie(builder);
  EXPECT_LE(trie.longestProbe(), 64u);
  for (int i = 0; i < 100'000; i += 97) {
    EXPECT_NE(trie.child(root, std::to_string(i)), SegmentTrie::kNone) << i;
  }
}

}  // namespace
}  // namespace skiff
