#include "isolate/header_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace skiff {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

class HeaderListTest : public ::testing::Test {
 protected:
  Pairs pairs() const {
    Pairs result;
    for (const Header& field : list) result.emplace_back(field.name, field.value);
    return result;
  }

  std::pmr::monotonic_buffer_resource memory;
  HeaderList list{memory};
};

TEST_F(HeaderListTest, KeepsFieldsInTheOrderTheyCameIn) {
  list.add("b", "1");
  list.add("a", "2");
  list.add("B", "3");
  EXPECT_EQ(pairs(), (Pairs{{"b", "1"}, {"a", "2"}, {"B", "3"}}));
}

TEST_F(HeaderListTest, FindsTheFirstFieldWithoutCase) {
  list.add("Accept", "text/html");
  list.add("ACCEPT", "*/*");
  ASSERT_NE(list.find("accept"), nullptr);
  EXPECT_EQ(*list.find("accept"), "text/html");
  EXPECT_TRUE(list.contains("aCCept"));
  EXPECT_EQ(list.find("accept-language"), nullptr);
  EXPECT_EQ(list.find(""), nullptr);
}

TEST_F(HeaderListTest, CopiesWhatIsAdded) {
  std::string name = "name";
  std::string value = "value";
  list.add(name, value);
  name.assign("xxxx");
  value.assign("yyyyy");
  EXPECT_EQ(pairs(), (Pairs{{"name", "value"}}));
}

TEST_F(HeaderListTest, RefersToWhatIsAddedByReference) {
  const std::string name = "name";
  const std::string value = "value";
  list.addReference(name, value);
  EXPECT_EQ(list.begin()->name.data(), name.data());
  EXPECT_EQ(list.begin()->value.data(), value.data());
}

TEST_F(HeaderListTest, SetReplacesAllFieldsOfTheNameInThePlaceOfTheFirst) {
  for (const auto& [name, value] :
       Pairs{{"a", "1"}, {"X", "2"}, {"b", "3"}, {"x", "4"}, {"c", "5"}}) {
    list.add(name, value);
  }
  list.set("x", "new");
  EXPECT_EQ(pairs(), (Pairs{{"a", "1"}, {"x", "new"}, {"b", "3"}, {"c", "5"}}));
}

TEST_F(HeaderListTest, SetAppendsWhereThereIsNone) {
  list.add("a", "1");
  list.set("b", "2");
  EXPECT_EQ(pairs(), (Pairs{{"a", "1"}, {"b", "2"}}));
}

TEST_F(HeaderListTest, SetTakesViewsOfItsOwnFields) {
  list.add("x", "1");
  list.add("y", "2");
  list.add("x", "3");
  const Header last = *(list.begin() + 2);
  list.set(last.name, last.value);
  EXPECT_EQ(pairs(), (Pairs{{"x", "3"}, {"y", "2"}}));
}

TEST_F(HeaderListTest, RemoveSaysHowManyThereWere) {
  list.add("x", "1");
  list.add("y", "2");
  list.add("X", "3");
  EXPECT_EQ(list.remove("x"), 2u);
  EXPECT_EQ(list.remove("x"), 0u);
  EXPECT_EQ(pairs(), (Pairs{{"y", "2"}}));
}

TEST_F(HeaderListTest, KeepsEmptyValues) {
  list.add("x", "");
  ASSERT_NE(list.find("x"), nullptr);
  EXPECT_EQ(*list.find("x"), "");
}

TEST_F(HeaderListTest, StaysIntactWhileItGrows) {
  for (int i = 0; i < 1'000; ++i) list.add("n" + std::to_string(i), std::string(i % 50, 'v'));
  for (int i = 0; i < 1'000; ++i) {
    const std::string_view* value = list.find("N" + std::to_string(i));
    ASSERT_NE(value, nullptr) << i;
    EXPECT_EQ(value->size(), static_cast<std::size_t>(i % 50));
  }
}

TEST(EqualsIgnoringCase, ComparesLettersOfAsciiOnly) {
  EXPECT_TRUE(equalsIgnoringCase("", ""));
  EXPECT_TRUE(equalsIgnoringCase("Content-Type", "content-TYPE"));
  EXPECT_FALSE(equalsIgnoringCase("a", "ab"));
  // One bit apart, as 'A' and 'a' are, yet no letters.
  EXPECT_FALSE(equalsIgnoringCase("@", "`"));
  EXPECT_FALSE(equalsIgnoringCase("[", "{"));
  EXPECT_FALSE(equalsIgnoringCase("\xc4", "\xe4"));
}

TEST(IsHttpToken, TakesExactlyTheBytesOfTheGrammar) {
  const std::string_view allowed =
      "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  for (int byte = 0; byte < 256; ++byte) {
    const std::string text(1, static_cast<char>(byte));
    EXPECT_EQ(isHttpToken(text), allowed.find(text[0]) != std::string_view::npos) << byte;
  }
  EXPECT_FALSE(isHttpToken(""));
  EXPECT_TRUE(isHttpToken("X-Request-Id"));
  EXPECT_FALSE(isHttpToken("X-Request-Id "));
}

TEST(IsFieldValue, RefusesControlsButTab) {
  for (int byte = 0; byte < 256; ++byte) {
    const bool control = byte < 0x20 || byte == 0x7f;
    EXPECT_EQ(isFieldValue(std::string(1, static_cast<char>(byte))), !control || byte == '\t')
        << byte;
  }
  EXPECT_TRUE(isFieldValue(""));
  EXPECT_FALSE(isFieldValue("good\r\nSet-Cookie: bad"));
}

}  // namespace
}  // namespace skiff
