#include "deploy/oci/url.h"

#include <gtest/gtest.h>

namespace skiff {
namespace {

TEST(HttpUrl, IsReadInItsParts) {
  const auto url = HttpUrl::parse("https://Host.Example:8443/a/b?c=d%20e#f");
  ASSERT_TRUE(url);
  EXPECT_TRUE(url->tls);
  EXPECT_EQ(url->host, "host.example");
  EXPECT_EQ(url->port, 8'443);
  EXPECT_EQ(url->target, "/a/b?c=d%20e");
  EXPECT_EQ(url->text(), "https://host.example:8443/a/b?c=d%20e");
  EXPECT_EQ(HttpUrl::parse("http://[::1]")->text(), "http://[::1]/");
  EXPECT_EQ(HttpUrl::parse("http://[::1]")->host, "::1");
  EXPECT_EQ(HttpUrl::parse("https://a:443/")->authority(), "a");
  EXPECT_EQ(HttpUrl::parse("http://a:443/")->authority(), "a:443");
}

TEST(HttpUrl, MayNameAHostThatBeginsAsAnAddress) {
  for (const std::string host : {"10.0.0.1.nip.io", "1.2.3.4a", "56.56.6.56.1144", "4.example"}) {
    const auto url = HttpUrl::parse("https://" + host + ":8443/v2/?x=://9.9.9.9a");
    ASSERT_TRUE(url) << host;
    EXPECT_EQ(url->host, host);
    EXPECT_EQ(url->port, 8'443);
    EXPECT_EQ(url->target, "/v2/?x=://9.9.9.9a");
    EXPECT_EQ(url->resolve("c")->text(), "https://" + host + ":8443/v2/c");
    EXPECT_EQ(HttpUrl::parse("http://a/b")->resolve("//" + host + "/c")->text(),
              "http://" + host + "/c");
  }
  EXPECT_EQ(HttpUrl::parse("http://10.0.0.1/a")->host, "10.0.0.1");
  EXPECT_FALSE(HttpUrl::parse("http://1.2.3.4%41/a"));
}

TEST(HttpUrl, WhatIsNoneIsRefused) {
  for (const std::string& text :
       {std::string("ftp://a/"), std::string("a/b"), std::string("/a"), std::string("https:///a"),
        std::string("https://u:p@a/"), std::string("https://a:0/"), std::string("https://a:99999/"),
        std::string("https://a:1,2/b"), std::string("https://a b/"),
        std::string("https://a/\r\nX: y"), std::string("https://a%41/"),
        std::string("file:///etc/passwd"), "https://a/" + std::string(17'000, 'a')}) {
    EXPECT_FALSE(HttpUrl::parse(text)) << text;
  }
}

TEST(HttpUrl, ALocationIsResolved) {
  const HttpUrl from = *HttpUrl::parse("https://a:8443/v2/t/blobs/x?y");
  for (const auto& [location, text] : {
           std::pair{"https://b/c?d", "https://b/c?d"},
           std::pair{"//b/c", "https://b/c"},
           std::pair{"/c", "https://a:8443/c"},
           std::pair{"c", "https://a:8443/v2/t/blobs/c"},
           std::pair{"../c", "https://a:8443/v2/t/c"},
           std::pair{"http://a:8443/c", "http://a:8443/c"},
       }) {
    const auto url = from.resolve(location);
    ASSERT_TRUE(url) << location;
    EXPECT_EQ(url->text(), text);
  }
  for (const char* const location : {"ftp://b/", "https://u@b/", "\r\n", "https://"}) {
    EXPECT_FALSE(from.resolve(location)) << location;
  }
}

TEST(HttpUrl, AQueryIsEncoded) {
  HttpUrl url = *HttpUrl::parse("https://a/token?x=1");
  url.addQuery("scope", "repository:t/app:pull & more\r\n");
  EXPECT_EQ(url.target, "/token?x=1&scope=repository%3At%2Fapp%3Apull%20%26%20more%0D%0A");
}

}  // namespace
}  // namespace skiff
