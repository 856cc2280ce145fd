#include "cli/http/admin_address.h"

namespace skiff::cli {
namespace {

struct ValidCase {
  std::string_view text;
  std::string_view url;
};

class ValidAdminAddress : public ::testing::TestWithParam<ValidCase> {};

TEST_P(ValidAdminAddress, IsUnderstood) {
  const auto address = AdminAddress::parse(GetParam().text);
  ASSERT_TRUE(address.has_value()) << address.error().message;
  EXPECT_EQ(address->url(), GetParam().url);
}

INSTANTIATE_TEST_SUITE_P(
    Texts, ValidAdminAddress,
    ::testing::Values(ValidCase{"http://127.0.0.1:9091", "http://127.0.0.1:9091"},
                      ValidCase{"http://127.0.0.1:9091/", "http://127.0.0.1:9091"},
                      ValidCase{"http://localhost", "http://localhost:9090"},
                      ValidCase{"localhost:1234", "http://localhost:1234"},
                      ValidCase{"10.0.0.1.nip.io", "http://10.0.0.1.nip.io:9090"},
                      ValidCase{"127.0.0.1", "http://127.0.0.1:9090"},
                      ValidCase{"HTTP://[::1]:80", "http://[::1]:80"},
                      ValidCase{"https://skiff.example", "https://skiff.example:443"}));

TEST(AdminAddress, KnowsWhetherItIsOnThisMachine) {
  for (const std::string_view text : {"localhost", "127.1.2.3:9090", "http://[::1]"}) {
    const auto address = AdminAddress::parse(text);
    ASSERT_TRUE(address.has_value()) << text;
    EXPECT_TRUE(address->isLoopback()) << text;
  }
  for (const std::string_view text : {"10.0.0.1", "localhost.example", "[::2]", "0.0.0.0"}) {
    const auto address = AdminAddress::parse(text);
    ASSERT_TRUE(address.has_value()) << text;
    EXPECT_FALSE(address->isLoopback()) << text;
  }
}

struct InvalidCase {
  std::string_view text;
  std::string_view why;
};

class InvalidAdminAddress : public ::testing::TestWithParam<InvalidCase> {};

TEST_P(InvalidAdminAddress, IsRefusedWithTheReason) {
  const auto address = AdminAddress::parse(GetParam().text);
  ASSERT_FALSE(address.has_value());
  EXPECT_THAT(address.error().message, ::testing::HasSubstr(std::string(GetParam().why)));
  EXPECT_THAT(address.error().message, ::testing::HasSubstr("http://127.0.0.1:9090"));
}

INSTANTIATE_TEST_SUITE_P(
    Texts, InvalidAdminAddress,
    ::testing::Values(InvalidCase{"ftp://127.0.0.1", "scheme"}, InvalidCase{"", "no host"},
                      InvalidCase{"http://", "no host"}, InvalidCase{"http://a:0", "port"},
                      InvalidCase{"http://a:65536", "port"},
                      InvalidCase{"http://a:99999999999999999999", "port"},
                      InvalidCase{"http://a/metrics", "more than a host and a port"},
                      InvalidCase{"http://a?x", "more than a host and a port"},
                      InvalidCase{"http://user@a", "more than a host and a port"},
                      InvalidCase{"http://a b", "no URL"}, InvalidCase{"http://[::1", "no URL"}));

}  // namespace
}  // namespace skiff::cli
