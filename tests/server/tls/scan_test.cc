// What a scanner finds that tries all there is: the table of docs/tls.md.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <functional>

#include "server/tls/tls_server.h"
#include "tests/server/http/test_server.h"
#include "tests/server/tls/test_certificate.h"
#include "tests/server/tls/tls_client.h"
#include "tests/temporary_directory.h"

namespace skiff {
namespace {

using ::testing::ElementsAre;
using testing::TemporaryDirectory;
using testing::TestCertificate;
using testing::TlsClient;

/// A server with a certificate of each kind, for ec.test and for rsa.test.
class Scan : public ::testing::Test {
 protected:
  Scan() : tls_(load()), server_([](HttpExchange& exchange) { exchange.finish(); }, {}, &tls_) {}

  std::shared_ptr<const CertificateTable> load() {
    const std::vector<CertificateConfig> configs{
        TestCertificate::make({"ec", "DNS:ec.test"}).write(folder_.path(), "ec"),
        TestCertificate::make({"rsa", "DNS:rsa.test", TestCertificate::Kind::rsa2048})
            .write(folder_.path(), "rsa")};
    auto loaded = CertificateTable::load(configs);
    if (loaded.has_error()) throw std::runtime_error(loaded.error().front().message);
    return loaded->table;
  }
  /// Of those that are offered one at a time, the ones that are accepted.
  std::vector<std::string> accepted(const std::vector<std::string>& all,
                                    const std::function<TlsClient::Options(std::string)>& offer) {
    std::vector<std::string> accepted;
    for (const std::string& one : all) {
      if (TlsClient(server_.port(), offer(one)).isConnected()) accepted.push_back(one);
    }
    return accepted;
  }

  TemporaryDirectory folder_;
  TlsServer tls_;
  TestServer server_;
};

/// Everything of TLS 1.2 and before that OpenSSL has, the broken included.
std::vector<std::string> allCiphers() {
  const ContextHandle context(SSL_CTX_new(TLS_client_method()));
  SSL_CTX_set_security_level(context.get(), 0);
  SSL_CTX_set_cipher_list(context.get(), "ALL:COMPLEMENTOFALL:eNULL");
  std::vector<std::string> names;
  STACK_OF(SSL_CIPHER)* const all = SSL_CTX_get_ciphers(context.get());
  for (int i = 0; i < sk_SSL_CIPHER_num(all); ++i) {
    const std::string name = SSL_CIPHER_get_name(sk_SSL_CIPHER_value(all, i));
    if (!name.starts_with("TLS_")) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

TEST_F(Scan, FindsOnlyAuthenticatedCiphersWithForwardSecrecyInTls12) {
  const std::vector<std::string> all = allCiphers();
  EXPECT_GT(all.size(), 100U);
  const auto forHost = [](const std::string& host) {
    return [host](std::string cipher) {
      return TlsClient::Options{.host = host, .version = TLS1_2_VERSION, .ciphers = cipher};
    };
  };
  EXPECT_THAT(accepted(all, forHost("ec.test")),
              ElementsAre("ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384",
                          "ECDHE-ECDSA-CHACHA20-POLY1305"));
  EXPECT_THAT(accepted(all, forHost("rsa.test")),
              ElementsAre("ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES256-GCM-SHA384",
                          "ECDHE-RSA-CHACHA20-POLY1305"));
}

TEST_F(Scan, FindsThreeSuitesInTls13) {
  const std::vector<std::string> all{"TLS_AES_128_CCM_8_SHA256", "TLS_AES_128_CCM_SHA256",
                                     "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384",
                                     "TLS_CHACHA20_POLY1305_SHA256"};
  const auto offer = [](std::string suite) {
    return TlsClient::Options{.host = "ec.test", .version = TLS1_3_VERSION, .suites = suite};
  };
  EXPECT_THAT(accepted(all, offer), ElementsAre("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384",
                                                "TLS_CHACHA20_POLY1305_SHA256"));
}

TEST_F(Scan, FindsTwoGroups) {
  const std::vector<std::string> all{
      "P-256",     "P-384",           "P-521",           "X25519",          "X448",
      "secp256k1", "brainpoolP256r1", "brainpoolP384r1", "brainpoolP512r1", "sect571r1",
      "ffdhe2048", "ffdhe3072",       "ffdhe4096",       "ffdhe6144",       "ffdhe8192"};
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const auto offer = [version](std::string group) {
      return TlsClient::Options{.host = "rsa.test", .version = version, .groups = group};
    };
    EXPECT_THAT(accepted(all, offer), ElementsAre("P-256", "X25519")) << version;
  }
}

TEST_F(Scan, FindsNoVersionBefore12) {
  for (const int version : {TLS1_VERSION, TLS1_1_VERSION}) {
    const TlsClient client(
        server_.port(),
        {.host = "rsa.test", .version = version, .ciphers = "ALL:COMPLEMENTOFALL@SECLEVEL=0"});
    EXPECT_FALSE(client.isConnected()) << version;
  }
}

TEST_F(Scan, FindsNoCompressionAndNoEarlyData) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsClient client(server_.port(), {.host = "ec.test", .version = version});
    ASSERT_TRUE(client.isConnected());
    client.ask("GET / HTTP/1.1\r\nHost: ec.test\r\n\r\n");
    EXPECT_EQ(SSL_get_current_compression(client.ssl()), nullptr);
    EXPECT_EQ(SSL_SESSION_get_max_early_data(client.session().get()), 0U);
  }
}

TEST_F(Scan, FindsThatAClientWhichFallsBackIsTold) {
  const auto fallsBack = [&](int version) {
    return TlsClient(server_.port(), {.host = "ec.test", .version = version, .fallsBack = true});
  };
  EXPECT_FALSE(fallsBack(TLS1_2_VERSION).isConnected());
  EXPECT_TRUE(fallsBack(TLS1_3_VERSION).isConnected());
}

}  // namespace
}  // namespace skiff
