#include "bench/coldstart/module_maker.h"

#include <gtest/gtest.h>

#include <span>

#include "isolate/wasm/module.h"

namespace skiff::bench {
namespace {

wasm::ModuleResult<wasm::Module> parse(const std::string& module) {
  return wasm::parseModule(
      std::span(reinterpret_cast<const std::uint8_t*>(module.data()), module.size()), 64_MiB);
}

TEST(AMadeModule, HasExactlyTheSizeThatIsAskedFor) {
  for (const std::size_t size :
       {kSmallestModule, std::size_t{1} << 10, std::size_t{5'000}, std::size_t{1} << 16,
        std::size_t{1} << 20, std::size_t{10} << 20}) {
    EXPECT_EQ(makeModule(size, 1).size(), size);
  }
}

TEST(AMadeModule, OfAnySizeCanBeParsed) {
  for (std::size_t size = kSmallestModule; size < kSmallestModule + 2'000; size += 7) {
    const std::string module = makeModule(size, static_cast<std::uint32_t>(size));
    ASSERT_EQ(module.size(), size);
    const auto parsed = parse(module);
    ASSERT_FALSE(parsed.has_error()) << size << ": " << parsed.error().text();
  }
}

TEST(AMadeModule, IsNearlyAllCodeOnceItIsLarge) {
  const std::size_t size = std::size_t{1} << 20;
  const auto parsed = parse(makeModule(size, 1));
  ASSERT_FALSE(parsed.has_error()) << parsed.error().text();
  EXPECT_GT(parsed->codeSize, size * 95 / 100);
  EXPECT_GT(parsed->functionTypes.size(), 1'000u);
}

TEST(AMadeModule, DiffersFromThatOfAnotherSeedAndIsTheSameForTheSame) {
  EXPECT_NE(makeModule(2'000, 1), makeModule(2'000, 2));
  EXPECT_EQ(makeModule(2'000, 1), makeModule(2'000, 1));
}

TEST(AMadeModule, CannotBeSmallerThanWhatItNeeds) {
  EXPECT_THROW(makeModule(kSmallestModule - 1, 1), std::invalid_argument);
}

}  // namespace
}  // namespace skiff::bench
