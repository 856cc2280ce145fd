#include "config/byte_size.h"

#include <gtest/gtest.h>

#include <limits>

namespace skiff {
namespace {

TEST(ByteSize, ReadsAWholeNumberWithABinaryUnit) {
  EXPECT_EQ(ByteSize::parse("0B"), ByteSize(0));
  EXPECT_EQ(ByteSize::parse("17B"), ByteSize(17));
  EXPECT_EQ(ByteSize::parse("64KiB"), 64_KiB);
  EXPECT_EQ(ByteSize::parse("128MiB"), 128_MiB);
  EXPECT_EQ(ByteSize::parse("4GiB"), 4_GiB);
  EXPECT_EQ(ByteSize::parse("1TiB"), ByteSize(std::uint64_t{1} << 40));
}

TEST(ByteSize, RefusesEverythingElse) {
  for (const std::string_view text :
       {"", "B", "1", "128", "128MB", "128M", "128mib", "128 MiB", " 1B", "1B ", "-1B", "+1B",
        "1.5MiB", "0x10B", "1e3B", "KiB", "1KiBB", "one KiB"}) {
    EXPECT_EQ(ByteSize::parse(text), std::nullopt) << text;
  }
  EXPECT_EQ(ByteSize::parse(std::string_view("1B\0", 3)), std::nullopt);
}

TEST(ByteSize, RefusesWhatDoesNotFit64Bits) {
  EXPECT_EQ(ByteSize::parse("18446744073709551615B"),
            ByteSize(std::numeric_limits<std::uint64_t>::max()));
  EXPECT_EQ(ByteSize::parse("18446744073709551616B"), std::nullopt);
  EXPECT_EQ(ByteSize::parse("16777215TiB"), ByteSize(std::uint64_t{16'777'215} << 40));
  EXPECT_EQ(ByteSize::parse("16777216TiB"), std::nullopt);
}

TEST(ByteSize, IsWrittenInTheLargestUnitThatDividesIt) {
  EXPECT_EQ(ByteSize(0).text(), "0B");
  EXPECT_EQ(ByteSize(1'023).text(), "1023B");
  EXPECT_EQ((64_KiB).text(), "64KiB");
  EXPECT_EQ((1'536_MiB).text(), "1536MiB");
  EXPECT_EQ((1'024_MiB).text(), "1GiB");
  EXPECT_EQ(ByteSize(std::uint64_t{5} << 40).text(), "5TiB");
}

TEST(ByteSize, IsReadBackFromItsText) {
  for (const ByteSize size : {ByteSize(0), ByteSize(1), 3_KiB, 128_MiB, 7_GiB,
                              ByteSize(std::numeric_limits<std::uint64_t>::max())}) {
    EXPECT_EQ(ByteSize::parse(size.text()), size) << size.text();
  }
}

}  // namespace
}  // namespace skiff
