// Records that the same program reads again, and what names the program.
#include "config/byte_record.h"

#include <gtest/gtest.h>

#include "config/build_id.h"

namespace skiff {
namespace {

std::vector<std::uint8_t> someRecord() {
  RecordWriter to;
  to.value(std::uint32_t{7});
  to.text("seven");
  const std::vector<std::uint16_t> numbers{1, 2, 3};
  to.values(std::span(numbers));
  return to.take();
}

TEST(ARecord, GivesBackWhatWasWrittenInItsOrder) {
  const auto bytes = someRecord();
  RecordReader reader(bytes);
  EXPECT_EQ(reader.value<std::uint32_t>(), 7U);
  EXPECT_EQ(reader.text(), "seven");
  EXPECT_FALSE(reader.done());
  EXPECT_EQ(reader.values<std::uint16_t>(), (std::vector<std::uint16_t>{1, 2, 3}));
  EXPECT_TRUE(reader.done());
}

TEST(ARecord, ThatIsCutOffAnywhereIsNotWhole) {
  const auto bytes = someRecord();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const std::span<const std::uint8_t> part(bytes.data(), size);
    RecordReader reader(part);
    reader.value<std::uint32_t>();
    reader.text();
    reader.values<std::uint16_t>();
    EXPECT_FALSE(reader.ok()) << size;
    EXPECT_EQ(reader.value<std::uint64_t>(), 0U) << "nothing comes behind a failure";
  }
}

TEST(ARecord, ThatPromisesMoreThanItHasIsNotWhole) {
  RecordWriter to;
  to.value(~std::uint64_t{0});
  const auto bytes = to.take();
  RecordReader reader(bytes);
  EXPECT_TRUE(reader.values<std::uint64_t>().empty());
  EXPECT_FALSE(reader.ok());
}

TEST(ABuildId, IsThatOfThisProgram) {
  EXPECT_GE(buildId().size(), 16U);
  EXPECT_EQ(buildId().find_first_not_of("0123456789abcdef"), std::string::npos);
  EXPECT_EQ(buildId(), buildId());
}

}  // namespace
}  // namespace skiff
