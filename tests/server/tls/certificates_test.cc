#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/tls/certificate_table.h"
#include "tests/server/tls/test_certificate.h"
#include "tests/temporary_directory.h"

namespace skiff {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::TemporaryDirectory;
using testing::TestCertificate;

class Certificates : public ::testing::Test {
 protected:
  CertificateConfig make(const std::string& name, const std::string& names,
                         TestCertificate::Kind kind = TestCertificate::Kind::p256) {
    return TestCertificate::make({name, names, kind}).write(folder_.path(), name);
  }
  static std::string errorOf(const CertificateConfig& config) {
    const auto loaded = Certificate::load(config);
    return loaded.has_error() ? loaded.error().message : "";
  }
  static std::vector<std::string> warningsOf(const CertificateConfig& config) {
    const auto loaded = Certificate::load(config);
    return loaded.has_error() ? std::vector<std::string>{loaded.error().message} : loaded->warnings;
  }

  TemporaryDirectory folder_;
};

TEST_F(Certificates, AreForTheNamesOfTheirSubjectAltName) {
  const auto loaded = Certificate::load(
      make("a", "DNS:Example.COM, DNS:*.example.com, IP:127.0.0.1, IP:::1, email:a@b.test"));
  ASSERT_TRUE(loaded.has_value()) << loaded.error().message;
  EXPECT_THAT(loaded->certificate->hosts(),
              ElementsAre("*.example.com", "127.0.0.1", "[::1]", "example.com"));
  EXPECT_THAT(loaded->warnings, IsEmpty());
}

TEST_F(Certificates, CoverNamesAndOneLabelOfAWildcard) {
  const auto loaded =
      Certificate::load(make("a", "DNS:example.com, DNS:*.wild.test, IP:127.0.0.1, IP:::1"));
  ASSERT_TRUE(loaded.has_value());
  const Certificate& certificate = *loaded->certificate;
  for (const char* host : {"example.com", "a.wild.test", "127.0.0.1", "[::1]", "[0:0::1]"}) {
    EXPECT_TRUE(certificate.covers(host)) << host;
  }
  for (const char* host : {"www.example.com", "wild.test", "a.b.wild.test", ".wild.test", "com", "",
                           "127.0.0.2", "[::2]", "*", "wild.test.", "[", "[::1"}) {
    EXPECT_FALSE(certificate.covers(host)) << host;
  }
}

TEST_F(Certificates, AreForTheHostsSetBesideThem) {
  CertificateConfig config = make("a", "DNS:*.example.com");
  config.hosts = {"www.example.com", "else.test"};
  const auto loaded = Certificate::load(config);
  ASSERT_TRUE(loaded.has_value());
  EXPECT_THAT(loaded->certificate->hosts(), ElementsAre("else.test", "www.example.com"));
  EXPECT_THAT(loaded->warnings, ElementsAre(HasSubstr("does not name \"else.test\"")));
}

TEST_F(Certificates, WhoseFilesAreWrongAreRefusedWithWhatToDo) {
  CertificateConfig good = make("good", "DNS:good.test");
  CertificateConfig config = good;
  config.certificate = folder_.path() / "gone.pem";
  EXPECT_THAT(errorOf(config), AllOf(HasSubstr("gone.pem\" cannot be opened"), HasSubstr("PEM")));

  folder_.write("no.pem", "nothing of the kind\n");
  config.certificate = folder_.path() / "no.pem";
  EXPECT_THAT(errorOf(config),
              AllOf(HasSubstr("no.pem\" holds no certificate in PEM"), HasSubstr("-inform der")));

  folder_.write("bad.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
  config.certificate = folder_.path() / "bad.pem";
  EXPECT_THAT(errorOf(config), HasSubstr("damaged"));

  config = good;
  config.key = folder_.path() / "no.pem";
  EXPECT_THAT(errorOf(config), HasSubstr("no.pem\" holds no private key in PEM"));

  config.key = make("other", "DNS:other.test").key;
  EXPECT_THAT(errorOf(config), AllOf(HasSubstr("other.key\" does not belong to"),
                                     HasSubstr("good.pem"), HasSubstr("name the key")));

  EXPECT_THAT(errorOf(make("nameless", "")), HasSubstr("names no host"));
  EXPECT_THAT(errorOf(make("weak", "DNS:weak.test", TestCertificate::Kind::rsa1024)),
              AllOf(HasSubstr("cannot be used"), HasSubstr("2048")));
}

TEST_F(Certificates, WithAnEncryptedKeyAreRefused) {
  CertificateConfig config = make("a", "DNS:a.test");
  const std::string command = "openssl pkey -aes128 -passout pass:x -in " + config.key.string() +
                              " -out " + (folder_.path() / "sealed.key").string();
  ASSERT_EQ(std::system(command.c_str()), 0);
  config.key = folder_.path() / "sealed.key";
  EXPECT_THAT(errorOf(config), AllOf(HasSubstr("sealed.key\" is encrypted"), HasSubstr("pkey")));
}

TEST_F(Certificates, OutOfDateOrWithAnOpenKeyAreUsedWithAWarning) {
  const CertificateConfig expired =
      TestCertificate::make({"old", "DNS:old.test", TestCertificate::Kind::p256, -7200, -3600})
          .write(folder_.path(), "old");
  EXPECT_THAT(warningsOf(expired), ElementsAre(HasSubstr("old.pem\" has expired")));
  const CertificateConfig early =
      TestCertificate::make({"new", "DNS:new.test", TestCertificate::Kind::p256, 3600, 7200})
          .write(folder_.path(), "new");
  EXPECT_THAT(warningsOf(early), ElementsAre(HasSubstr("is not valid yet")));
  const CertificateConfig open = make("open", "DNS:open.test");
  std::filesystem::permissions(open.key, std::filesystem::perms::others_read,
                               std::filesystem::perm_options::add);
  EXPECT_THAT(warningsOf(open), ElementsAre(AllOf(HasSubstr("open.key"), HasSubstr("chmod 600"))));
}

TEST_F(Certificates, AreFoundByExactNameThenWildcardThenTheFirst) {
  const std::vector<CertificateConfig> configs{make("first", "DNS:first.test"),
                                               make("wild", "DNS:*.example.com"),
                                               make("exact", "DNS:www.example.com")};
  const auto loaded = CertificateTable::load(configs);
  ASSERT_TRUE(loaded.has_value());
  const auto hostOf = [&](std::string_view host) {
    return loaded->table->find(host)->hosts().front();
  };
  EXPECT_EQ(hostOf("www.example.com"), "www.example.com");
  EXPECT_EQ(hostOf("WWW.Example.com."), "www.example.com");
  EXPECT_EQ(hostOf("api.example.com"), "*.example.com");
  for (const char* host : {"example.com", "a.b.example.com", "", "*", "a\xff.example.com", "..",
                           ".example.com", "first.test"}) {
    EXPECT_EQ(hostOf(host), "first.test") << host;
  }
  EXPECT_EQ(hostOf(std::string(70'000, 'a')), "first.test");
  EXPECT_EQ(hostOf(std::string("www\0.example.com", 16)), "first.test");
}

TEST_F(Certificates, ForOneHostTwiceAreRefusedAndEveryWrongFileIsNamed) {
  CertificateConfig gone = make("gone", "DNS:gone.test");
  std::filesystem::remove(gone.key);
  const std::vector<CertificateConfig> configs{make("a", "DNS:same.test"), gone,
                                               make("b", "DNS:b.test, DNS:same.test")};
  const auto loaded = CertificateTable::load(configs);
  ASSERT_TRUE(loaded.has_error());
  const std::vector<Error> errors = loaded.error();
  ASSERT_EQ(errors.size(), 2u);
  EXPECT_THAT(errors[0].message, HasSubstr("gone.key"));
  EXPECT_THAT(errors[1].message,
              AllOf(HasSubstr("a.pem"), HasSubstr("b.pem"), HasSubstr("\"same.test\"")));
}

}  // namespace
}  // namespace skiff
