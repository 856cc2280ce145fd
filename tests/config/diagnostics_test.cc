#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "config/load.h"

namespace skiff {
namespace {

using ::testing::HasSubstr;

struct Expected {
  std::size_t line;
  std::size_t column;
  std::string_view fragment;  ///< of the message
};

struct Case {
  std::string_view name;
  std::string_view text;
  std::vector<Expected> diagnostics;
};

void PrintTo(const Case& bad, std::ostream* out) {
  *out << bad.name;
}

/// An app that lacks only routes. Five lines: what a case adds begins on line 6, or after the
/// routes on line 7.
#define SKIFF_TEST_APP \
  "[[tenant]]\nname = \"acme\"\n[[tenant.app]]\nname = \"hello\"\nmodule = \"a.wasm\"\n"
#define SKIFF_TEST_ROUTES "routes = [\"a/*\"]\n"

const Case kCases[] = {
    // Keys
    {"UnknownKey",
     "[server]\nshard = 2",
     {{2, 1, R"(unknown key "shard" in [server]; did you mean "shards"?)"}}},
    {"UnknownTable",
     "[sever]",
     {{1, 2, R"(unknown key "sever" at the top level; did you mean "server"?)"}}},
    {"UnknownKeyLikeNone",
     "[admin]\nport = 1",
     {{2, 1, R"(unknown key "port" in [admin]; known are "listen")"}}},
    {"KeyInTheWrongTable",
     SKIFF_TEST_APP SKIFF_TEST_ROUTES "[tenant.app.limits]\norigin = \"http://a\"",
     {{8, 1, R"(unknown key "origin" in [tenant.app.limits]; known are "cpu_ms")"}}},
    {"UnknownKeyWithControlCharacters", "\"a\\nb\" = 1", {{1, 1, R"(unknown key "a\x0ab")"}}},
    {"UnknownKeysInTheOrderOfTheFile",
     "zz = 1\naa = 2\n[server]\ny = 1\nb = 2",
     {{1, 1, "zz"}, {2, 1, "aa"}, {4, 1, "\"y\""}, {5, 1, "\"b\""}}},
    // Types
    {"TextForANumber",
     "[server]\nshards = \"4\"",
     {{2, 10, R"(shards must be a whole number from 0 to 1024, such as shards = 0; found "4")"}}},
    {"FractionForANumber", "[server]\nshards = 4.0", {{2, 10, "found a number with a fraction"}}},
    {"NumberForASize",
     "[server]\nmax_uri = 4096",
     {{2, 11, R"(such as max_uri = "8KiB"; found 4096)"}}},
    {"DecimalSize", "[limits]\nmemory = \"128MB\"", {{2, 10, R"(found "128MB")"}}},
    {"TextForAList",
     "[server]\nlisten = \"127.0.0.1:80\"",
     {{2, 10,
       R"(listen must be a list of strings, such as listen = ["127.0.0.1:8080"]; found "127.0.0.1:80")"}}},
    {"ListForText", "data_dir = [\"a\"]", {{1, 12, "data_dir must be a string"}}},
    {"DateForText", "data_dir = 2026-01-01", {{1, 12, "found a date or time"}}},
    {"TableForText", "[data_dir]", {{1, 1, "found a table"}}},
    {"TableForTenants",
     "[tenant]\nname = \"acme\"",
     {{1, 1, "each written [[tenant]]; found a table"}}},
    {"ListForTheServer", "[[server]]", {{1, 1, "headed [server]; found a list"}}},
    {"NumberForLimits", "limits = 5", {{1, 10, "headed [limits]; found 5"}}},
    {"NumberAmongTenants", "tenant = [5]", {{1, 11, "each written [[tenant]]; found 5"}}},
    // Ranges
    {"NegativeTime",
     "[limits]\ncpu_ms = -1",
     {{2, 10, "from 1 to 300000, such as cpu_ms = 50; found -1"}}},
    {"ZeroTime", "[limits]\nwall_ms = 0", {{2, 11, "from 1 to 3600000"}}},
    {"OverTheCeilings",
     "[limits]\ncpu_ms = 300001\nwall_ms = 3600001\nmemory = \"5GiB\"\nrequest_body = "
     "\"2TiB\"\nconcurrency = 1000001",
     {{2, 10, "from 1 to 300000"},
      {3, 11, "from 1 to 3600000"},
      {4, 10, "from 64KiB to 4GiB"},
      {5, 16, "from 0B to 1TiB"},
      {6, 15, "from 1 to 1000000"}}},
    {"LessThanDeployingNeeds",
     "[deploy]\nblobs_max = \"63MiB\"\npull_timeout_ms = 999\nlayer_max = \"63KiB\"\n"
     "unpacked_max = \"0B\"\nversions_kept = 1\nversions = 3\n"
     "tenant_blobs_max = \"15MiB\"",
     {{2, 13, "from 64MiB to 1024TiB"},
      {3, 19, "from 1000 to 86400000"},
      {4, 13, "from 64KiB to 1TiB"},
      {5, 16, "from 64KiB to 1TiB"},
      {6, 17, "from 2 to 1000"},
      {7, 1, R"(unknown key "versions" in [deploy]; did you mean "versions_kept"?)"},
      {8, 20, "from 16MiB to 1024TiB"}}},
    {"MoreThanDeployingTakes",
     "[deploy]\nblobs_max = \"1025TiB\"\npull_timeout_ms = 86400001\nlayer_max = \"2TiB\"\n"
     "unpacked_max = \"2TiB\"\nversions_kept = 1001\ntenant_blobs_max = \"1025TiB\"",
     {{2, 13, "from 64MiB to 1024TiB"},
      {3, 19, "from 1000 to 86400000"},
      {4, 13, "from 64KiB to 1TiB"},
      {5, 16, "from 64KiB to 1TiB"},
      {6, 17, "from 2 to 1000"},
      {7, 20, "from 16MiB to 1024TiB"}}},
    {"MemoryThatIsNotWholePages",
     "[limits]\nmemory = \"100KiB\"",
     {{2, 10,
       R"(multiple of 64KiB, the size of a WebAssembly page; the nearest are "64KiB" and "128KiB")"}}},
    {"NoMemory", "[limits]\nmemory = \"0B\"", {{2, 10, "from 64KiB to 4GiB"}}},
    {"ZeroCounts",
     "[server]\nmax_header_count = 0\nconnections_per_address = 0\nmax_connections = "
     "0\nidle_instance_ms = 0",
     {{2, 20, "from 1"}, {3, 27, "from 1"}, {4, 19, "from 1"}, {5, 20, "from 1"}}},
    {"UnknownWord",
     "[server]\nreset = \"hto\"",
     {{2, 9, R"(reset cannot be "hto"; did you mean "hot"?)"}}},
    // Listeners
    {"ListenOnAName",
     "[admin]\nlisten = \"localhost:9090\"",
     {{2, 10, "\"localhost:9090\" does not begin with a literal IP address"}}},
    {"ListenNowhere", "[server]\nlisten = []", {{2, 10, "listen holds no address"}}},
    {"ListenTwice",
     "[server]\nlisten = [\n\"127.0.0.1:80\",\n\"127.0.0.1:80\",\n\"127.0.0.1:0\", "
     "\"127.0.0.1:0\"]",
     {{4, 1, "is on line 3 already"}}},
    {"ListenTwiceInTwoForms",
     "[server]\nlisten = [\"[::1]:80\", \"[0::1]:80\"]",
     {{2, 23, "is on line 2 already"}}},
    {"AdminOnAServersAddress",
     "[server]\nlisten = [\"127.0.0.1:99\"]\n[admin]\nlisten = \"127.0.0.1:99\"",
     {{4, 10, "is on line 2 already"}}},
    {"AdminOnTheServersDefault",
     "[admin]\nlisten = \"127.0.0.1:8080\"",
     {{2, 10, "[server]'s default"}}},
    {"ServerOnTheAdminsDefault",
     "[server]\nlisten = [\"127.0.0.1:9090\"]",
     {{2, 11, "is where [admin] listens unless told otherwise"}}},
    {"AdminBeyondLoopbackWithoutTls",
     "[admin]\nlisten = \"192.0.2.1:9090\"",
     {{2, 10,
       "can be reached from other machines, and tokens would travel to it in the clear; add "
       "certificate and key to [admin]"}}},
    {"AdminOnAllAddressesWithoutTls",
     "[admin]\nlisten = \"[::]:9090\"",
     {{2, 10, "can be reached from other machines"}}},
    {"AdminCertificateWithoutKey",
     "[admin]\ncertificate = \"a.pem\"",
     {{2, 15, "certificate is there without key; TLS takes both"}}},
    {"AdminKeyWithoutCertificate",
     "[admin]\nkey = \"a.key\"",
     {{2, 7, "key is there without certificate"}}},
    {"AdminClientCaWithoutTls",
     "[admin]\nclient_ca = \"a.pem\"",
     {{2, 13, "client_ca asks for clients' certificates, which takes TLS"}}},
    {"TlsOnAPlainListenersAddress",
     "[server]\nlisten = [\"127.0.0.1:80\"]\nlisten_tls = [\"127.0.0.1:80\"]\n[[certificate]]\n"
     "certificate = \"a.pem\"\nkey = \"a.key\"",
     {{3, 15, "listen_tls: \"127.0.0.1:80\" is on line 2 already"}}},
    {"TlsOnTheServersDefault",
     "[server]\nlisten_tls = [\"127.0.0.1:8080\"]\n[[certificate]]\n"
     "certificate = \"a.pem\"\nkey = \"a.key\"",
     {{2, 15, "is [server]'s default already"}}},
    {"TlsNowhere",
     "[server]\nlisten_tls = []\n[[certificate]]\ncertificate = \"a.pem\"\nkey = \"a.key\"",
     {{2, 14, "listen_tls holds no address"}}},
    {"TlsWithoutACertificate",
     "[server]\nlisten_tls = [\"127.0.0.1:443\"]",
     {{1, 1, "listen_tls needs a certificate; add [[certificate]]"}}},
    // Certificates
    {"CertificateWithoutFiles",
     "[[certificate]]\nhosts = [\"a.test\"]",
     {{1, 1, "certificate"}, {1, 1, "key"}}},
    {"CertificateForWhatIsNoHost",
     "[[certificate]]\ncertificate = \"a.pem\"\nkey = \"a.key\"\nhosts = [\"w*.a.test\", \"*\", "
     "\"b\\u00fccher.test\", \"*.0.2.1\", \"a.test\", \"A.Test.\"]",
     {{4, 10, "does not stand for the first label"},
      {4, 23, "does not stand for the first label"},
      {4, 28, "is not a DNS name in ASCII"},
      {4, 48, "does not stand for the first label of a name"},
      {4, 69, "is there twice"}}},
    {"CertificateForNoHost",
     "[[certificate]]\ncertificate = \"a.pem\"\nkey = \"a.key\"\nhosts = []",
     {{4, 9, "hosts holds 0 names; it takes 1 to 1000; leave it out"}}},
    {"CertificateOfNoTenant",
     "[[certificate]]\ncertificate = \"a.pem\"\nkey = \"a.key\"\ntenant = \"A B\"",
     {{4, 10, "\"A B\" is no tenant's name"}}},
    // Tenants and apps
    {"NothingRequiredIsThere",
     "[[tenant]]\n[[tenant.app]]",
     {{1, 1, R"("name" is missing in [[tenant]]; write it like name = "acme")"},
      {2, 1, R"("name" is missing in [[tenant.app]])"},
      {2, 1, R"("module" is missing in [[tenant.app]]; write it like module = "hello.wasm")"},
      {2, 1, R"("routes" is missing in [[tenant.app]])"}}},
    {"BadNames",
     "[[tenant]]\nname = \"Acme\"\n[[tenant]]\nname = \"\"",
     {{2, 8, R"(tenant name "Acme" is not allowed; it takes 1 to 63 characters)"},
      {4, 8, "tenant name \"\""}}},
    {"TwoTenantsOfOneName",
     "[[tenant]]\nname = \"acme\"\n[[tenant]]\nname = \"acme\"",
     {{4, 8, R"(tenant "acme" is defined on line 2 already)"}}},
    {"TwoAppsOfOneName",
     SKIFF_TEST_APP SKIFF_TEST_ROUTES
     "[[tenant.app]]\nname = \"hello\"\nmodule = \"b\"\nroutes = [\"b/*\"]",
     {{8, 8, R"(app "hello" is defined on line 4 already)"}}},
    {"EmptyPaths",
     "data_dir = \"\"\n[server]\naccess_log = \"\"\n[[tenant]]\nname = \"a\"\n[[tenant.app]]\nname "
     "= \"a\"\nmodule = \"\"\n" SKIFF_TEST_ROUTES,
     {{1, 12, "data_dir is empty"}, {3, 14, "access_log is empty"}, {8, 10, "module is empty"}}},
    {"PathWithNul", "data_dir = \"a\\u0000b\"", {{1, 12, "data_dir holds a NUL"}}},
    {"NoRoutes", SKIFF_TEST_APP "routes = []", {{6, 10, "routes is empty"}}},
    {"EmptyRoute",
     SKIFF_TEST_APP "routes = [\"a/*\", \"\"]",
     {{6, 18, "routes holds an empty string"}}},
    {"BadPriority",
     SKIFF_TEST_APP SKIFF_TEST_ROUTES "priority = 1000001",
     {{7, 12, "from -1000000 to 1000000"}}},
    {"BadEnvironment",
     SKIFF_TEST_APP SKIFF_TEST_ROUTES "[tenant.app.env]\nZ = 1\n\"\" = \"a\"\n\"a=b\" = "
                                      "\"c\"\n\"a\\u0000\" = \"c\"\nE = \"a\\u0000b\"",
     {{8, 5, R"("Z" must be a string)"},
      {9, 1, "without a name"},
      {10, 1, R"(the name "a=b" holds "=" or a NUL)"},
      {11, 1, R"(the name "a\x00" holds "=" or a NUL)"},
      {12, 5, R"(the value of "E" holds a NUL)"}}},
    {"BadDirectories",
     SKIFF_TEST_APP SKIFF_TEST_ROUTES
     "dirs = [\n{ host = \"a\", guest = \"/www\" },\n{ host = \"b\", guest = \"/www/\" },\n{ host "
     "= \"c\", guest = \"www\" },\n"
     "{ host = \"d\", guest = \"/a/../b\" },\n{ host = \"\", guest = \"/e\", wirte = true },\n{ "
     "guest = \"/f\", write = 1 }]",
     {{9, 23, R"("/www" is granted on line 8 already)"},
      {10, 23, R"("www" is not absolute)"},
      {11, 23, R"(holds "..")"},
      {12, 10, "host is empty"},
      {12, 28, R"(unknown key "wirte" in dirs; did you mean "write"?)"},
      {13, 1, R"("host" is missing in dirs)"},
      {13, 25, "write must be true or false, such as write = false; found 1"}}},
    {"TreesThatShareAName",
     SKIFF_TEST_APP SKIFF_TEST_ROUTES "files = \"a\"\ntmp = true\ndirs = [{ host = \"a\", guest = "
                                      "\"/\" }, { host = \"b\", guest = \"/tmp\" }]",
     {{7, 9, R"(files and one of dirs are both the guest's "/")"},
      {8, 7, R"(tmp = true and one of dirs are both the guest's "/tmp")"}}},
    {"BadArguments",
     SKIFF_TEST_APP SKIFF_TEST_ROUTES "args = [\"a\", \"b\\u0000\"]",
     {{7, 14, "args holds a NUL character"}}},
    {"UnknownSnapshot",
     SKIFF_TEST_APP SKIFF_TEST_ROUTES "snapshot = \"alway\"",
     {{7, 12, "did you mean \"always\"?"}}},
    {"BadOrigins",
     SKIFF_TEST_APP SKIFF_TEST_ROUTES "origin = \"https://a\"",
     {{7, 10, "origin: an origin is http://host"}}},
    {"MoreInstancesThanAllowed",
     SKIFF_TEST_APP SKIFF_TEST_ROUTES "min_instances = 65",
     {{7, 17, "min_instances is 65, more than max_instances, which is 64"}}},
    {"NoInstances",
     SKIFF_TEST_APP SKIFF_TEST_ROUTES "max_instances = 0",
     {{7, 17, "from 1 to 100000"}}},
    {"UnknownReuse",
     SKIFF_TEST_APP SKIFF_TEST_ROUTES "reuse = \"Dirty\"",
     {{7, 9, "did you mean \"dirty\"?"}}},
    {"BadLimitsOnEveryLevel",
     "[limits]\ncpu_ms = 0\n[[tenant]]\nname = \"a\"\nlimits = { cpu_ms = 0 "
     "}\n[[tenant.app]]\nname = \"a\"\n"
     "module = \"a\"\n" SKIFF_TEST_ROUTES "limits = { cpu_ms = 0, cpu = 1 }",
     {{2, 10, "cpu_ms"},
      {5, 21, "cpu_ms"},
      {10, 21, "cpu_ms"},
      {10, 24, "did you mean \"cpu_ms\"?"}}},
    // Registries
    {"RegistryThatIsNoTable",
     "registry = 1",
     {{1, 12, R"(registry must be one table, headed [registry."HOST"]; found 1)"}}},
    {"RegistryWithoutQuotes",
     "[registry.ghcr.io]\nplain_http = true",
     {{1, 16, R"(unknown key "io" in the table of "ghcr")"}}},
    {"RegistryKeyOutsideOfATable",
     "[registry]\nplain_http = true",
     {{2, 14, R"("plain_http" must be a table, headed such as [registry."127.0.0.1:5000"])"}}},
    {"RegistryWithAScheme",
     "[registry.\"https://a\"]",
     {{1, 11, R"(registry: a registry is HOST or HOST:PORT, such as "ghcr.io")"}}},
    {"RegistryTwice",
     "[registry.a]\n[registry.A]",
     {{2, 11, R"(registry: "A" has a table already)"}}},
    {"RegistryWithAnUnknownKey",
     "[registry.a]\nplain = true",
     {{2, 1, R"(unknown key "plain" in the table of "a"; did you mean "plain_http"?)"}}},
    {"UsernameWithoutAPassword",
     "[registry.a]\nusername = \"u\"",
     {{2, 12, "username needs a password_file beside it"}}},
    {"PasswordWithoutAUsername",
     "[registry.a]\npassword_file = \"p\"",
     {{2, 17, "password_file needs a username beside it"}}},
    {"UsernameWithAColon",
     "[registry.a]\nusername = \"u:v\"\npassword_file = \"p\"",
     {{2, 12, R"(username: "u:v" is empty, or holds ":")"}}},
    {"CaOfPlainHttp",
     "[registry.a]\nplain_http = true\nca = \"c.pem\"",
     {{3, 6, "ca and plain_http = true exclude each other"}}},
    {"MirrorOfItself",
     "[registry.a]\nmirror = \"A\"",
     {{2, 10, R"(mirror: "A" is the registry itself)"}}},
    {"MirrorThatIsNone",
     "[registry.a]\nmirror = \"http://m\"",
     {{2, 10, "mirror: a registry is HOST or HOST:PORT"}}},
    // The language itself
    {"SyntaxError", "a = 1\n[server]\nshards = \n", {{3, 10, "expected value"}}},
    {"KeyTwice",
     "[server]\nshards = 1\nshards = 2",
     {{3, 10, "cannot redefine existing integer 'shards'"}}},
    {"NotUtf8", "data_dir = \"\xff\"", {{1, 12, "invalid utf-8"}}},
    {"Nul", std::string_view("a = \0", 5), {{1, 5, ""}}},
};

#undef SKIFF_TEST_APP
#undef SKIFF_TEST_ROUTES

class Diagnostics : public ::testing::TestWithParam<Case> {};

TEST_P(Diagnostics, NameEachMistakeAndItsPlace) {
  const Case& bad = GetParam();
  const auto config = parseConfig(bad.text, "/etc/skiff.toml");
  ASSERT_TRUE(config.has_error());
  const auto& found = config.error();
  for (std::size_t i = 0; i < std::max(found.size(), bad.diagnostics.size()); ++i) {
    if (i >= found.size()) {
      ADD_FAILURE() << "not reported: " << bad.diagnostics[i].fragment;
      continue;
    }
    SCOPED_TRACE(found[i].text());
    if (i >= bad.diagnostics.size()) {
      ADD_FAILURE() << "reported without cause";
      continue;
    }
    EXPECT_EQ(found[i].line, bad.diagnostics[i].line);
    EXPECT_EQ(found[i].column, bad.diagnostics[i].column);
    EXPECT_THAT(found[i].message, HasSubstr(bad.diagnostics[i].fragment));
  }
}

INSTANTIATE_TEST_SUITE_P(, Diagnostics, ::testing::ValuesIn(kCases),
                         [](const auto& test) { return std::string(test.param.name); });

TEST(DiagnosticText, IsInTheFormThatEditorsFollow) {
  EXPECT_EQ((Diagnostic{"a.toml", 3, 7, "wrong"}).text(), "a.toml:3:7: wrong");
  EXPECT_EQ((Diagnostic{"a.toml", 0, 0, "wrong"}).text(), "a.toml: wrong");
}

TEST(DiagnosticText, TellsHowManyListenersAreTooMany) {
  std::string text = "[server]\nlisten = [";
  for (int port = 1; port <= 65; ++port) text += "\"127.0.0.1:" + std::to_string(port) + "\", ";
  const auto config = parseConfig(text + "]", "/etc/skiff.toml");
  ASSERT_TRUE(config.has_error());
  EXPECT_EQ(config.error().front().text(),
            "/etc/skiff.toml:2:10: listen holds 65 addresses; it takes at most 64");
}

TEST(DiagnosticText, IsNotEndlessForAnEndlessFile) {
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += "key" + std::to_string(i) + " = 1\n";
  const auto config = parseConfig(text, "/etc/skiff.toml");
  ASSERT_TRUE(config.has_error());
  EXPECT_EQ(config.error().size(), 10'001U);
  EXPECT_THAT(config.error().back().message, HasSubstr("there may be more"));
}

}  // namespace
}  // namespace skiff
