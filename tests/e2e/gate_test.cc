#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <cctype>
#include <ctime>

#include "tests/e2e/daemon.h"
#include "tests/server/origin/scripted_origin.h"

namespace skiff::e2e {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::StartsWith;

constexpr std::string_view kSecret = "0123456789abcdef0123456789abcdef";
constexpr std::string_view kSettings =
    "secret 0123456789abcdef0123456789abcdef\n"
    "user alice open-sesame\n"
    "# bob came later\n"
    "user bob another=token&with%signs\n"
    "user carol c\n"
    "lifetime 600\n"
    "variant blue 3\n"
    "variant green 1\n";

ConfigText inFrontOf(const std::string& origin, std::string_view settings = kSettings) {
  ConfigText config;
  config.server = "shards = 1\n";
  config.apps = {{"front",
                  "gate",
                  "origin = \"" + origin + "\"\nconfig = '''\n" + std::string(settings) + "'''\n",
                  {}}};
  return config;
}

std::string hexadecimal(std::string_view bytes) {
  std::string text;
  for (const char byte : bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    text += kDigits[static_cast<unsigned char>(byte) >> 4];
    text += kDigits[static_cast<unsigned char>(byte) & 15];
  }
  return text;
}

/// A session as the gate's documentation describes it, made by another implementation.
std::string session(std::string_view user, std::int64_t expiry, std::string_view secret = kSecret) {
  const std::string text = std::string(user) + "." + std::to_string(expiry);
  const std::string message = "gate session 1\n" + text;
  std::array<unsigned char, EVP_MAX_MD_SIZE> code;
  unsigned size = 0;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(message.data()), message.size(), code.data(), &size);
  return text + "." + hexadecimal({reinterpret_cast<const char*>(code.data()), size});
}

std::int64_t inAnHour() {
  return std::time(nullptr) + 3600;
}

std::string cookie(const std::string& value) {
  return "Cookie: __Host-gate=" + value + "\r\n";
}

/// Requests go through the gate to a program that prints what it got.
class TheGate : public ::testing::Test {
 protected:
  static ConfigText inner() {
    ConfigText config;
    config.apps = {{"inner", "cgi", {}, {}}};
    config.apps[0].keys = "priority = 1\n";
    return config;
  }
  static std::string innerOnAnyHost() {
    std::string text = inner().text();
    const std::string_view route = "inner.test/*";
    return text.replace(text.find(route), route.size(), "*/*");
  }
  Response get(std::string_view fields, std::string_view target = "/page") {
    return daemon.connect().ask(request("GET", "front.test", target, {}, fields));
  }
  Response post(std::string_view target, std::string_view form, std::string_view fields = {}) {
    return daemon.connect().ask(request("POST", "front.test", target, form, fields));
  }

  Daemon behind{innerOnAnyHost()};
  Daemon daemon{inFrontOf("http://127.0.0.1:" + std::to_string(behind.port()))};
};

TEST_F(TheGate, LetsNoStrangerPass) {
  const std::string good = session("alice", inAnHour());
  std::string forged = good;
  forged.back() = forged.back() == '0' ? '1' : '0';
  const struct {
    const char* name;
    std::string fields;
  } kCases[] = {
      {"nothing", ""},
      {"an empty cookie", cookie("")},
      {"nonsense", cookie("nonsense")},
      {"a wrong signature", cookie(forged)},
      {"no signature", cookie(good.substr(0, good.size() - 64))},
      {"a cut signature", cookie(good.substr(0, good.size() - 2))},
      {"another name under the signature", cookie("bobby" + good.substr(5))},
      {"another expiry under the signature", cookie("alice.9" + good.substr(6))},
      {"a session that is over", cookie(session("alice", std::time(nullptr) - 1))},
      {"someone unknown", cookie(session("mallory", inAnHour()))},
      {"another secret", cookie(session("alice", inAnHour(), "not the secret"))},
      {"a session under another cookie's name", "Cookie: x__Host-gate=" + good + "\r\n"},
      {"a session under a name that others can set", "Cookie: gate=" + good + "\r\n"},
      {"a very long cookie", cookie(std::string(5000, 'a'))},
      {"the wrong token", "Authorization: Bearer open-sesam\r\n"},
      {"a token and more", "Authorization: Bearer open-sesame1\r\n"},
      {"an empty token", "Authorization: Bearer \r\n"},
      {"another scheme", "Authorization: Basic open-sesame\r\n"},
      {"a claim", "X-User: alice\r\nRemote-User: alice\r\n"},
  };
  for (const auto& stranger : kCases) {
    SCOPED_TRACE(stranger.name);
    const Response response = get(stranger.fields);
    EXPECT_EQ(response.status, 401);
    EXPECT_EQ(response.field("www-authenticate"), "Bearer realm=\"gate\"");
    EXPECT_THAT(response.body, Not(HasSubstr("environment:")));
  }
  EXPECT_EQ(get(cookie(std::string(9000, 'a'))).status, 431);
  EXPECT_EQ(get("", "/" + std::string(2100, 'a')).status, 414);
}

TEST_F(TheGate, TellsTheOriginWhoPasses) {
  const std::string good = session("alice", inAnHour());
  for (const std::string& fields :
       {cookie(good), "Cookie: a=b; __Host-gate=" + good + "; c=d\r\n",
        "Cookie: a=b\r\n" + cookie(good), std::string("Authorization: Bearer open-sesame\r\n"),
        std::string("authorization: bearer open-sesame\r\n")}) {
    SCOPED_TRACE(fields);
    const Response response = get(fields, "/page?query");
    EXPECT_EQ(response.status, 200);
    EXPECT_THAT(response.body, HasSubstr("  HTTP_X_USER=alice\n"));
    EXPECT_THAT(response.body, HasSubstr("  QUERY_STRING=query\n"));
  }
}

TEST_F(TheGate, TakesTokensOfOneCharacter) {
  EXPECT_THAT(get("Authorization: Bearer c\r\n").body, HasSubstr("  HTTP_X_USER=carol\n"));
  EXPECT_EQ(get("Authorization: Bearer d\r\n").status, 401);
  EXPECT_EQ(post("/gate/login", "token=c").status, 303);
}

TEST_F(TheGate, AsksTheOriginForItsOwnHost) {
  const Response client = get(cookie(session("alice", inAnHour())));
  EXPECT_THAT(client.body, HasSubstr("  HTTP_HOST=front.test\n"));
  const std::string url = "http://127.0.0.1:" + std::to_string(behind.port());
  daemon.reload(inFrontOf(url, std::string(kSettings) + "host inner.test:81\n").text());
  EXPECT_TRUE(eventually([&] {
    return get(cookie(session("alice", inAnHour()))).body.find("  HTTP_HOST=inner.test:81\n") !=
           std::string::npos;
  }));
}

TEST_F(TheGate, KeepsCredentialsFromTheOrigin) {
  const std::string good = session("alice", inAnHour());
  const Response alone = get(cookie(good));
  EXPECT_THAT(alone.body, Not(HasSubstr("HTTP_COOKIE")));
  const Response among = get("Cookie: a=b; __Host-gate=" + good + "; __Host-gate=x;c=d\r\n");
  EXPECT_THAT(among.body, HasSubstr("  HTTP_COOKIE=a=b;c=d\n"));
  const Response bearer = get("Authorization: Bearer open-sesame\r\n");
  EXPECT_THAT(bearer.body, Not(HasSubstr("open-sesame")));
}

TEST_F(TheGate, LetsNobodyPassAsSomeoneElse) {
  const Response response =
      get(cookie(session("bob", inAnHour())) +
          "X-User: alice\r\nx-user: root\r\nX_User: eve\r\nX-Forwarded-User: eve\r\n"
          "Remote_User: eve\r\nX-Variant: none\r\nX_VARIANT: none\r\nX-Users: kept\r\n");
  EXPECT_THAT(response.body, HasSubstr("  HTTP_X_USER=bob\n"));
  EXPECT_THAT(response.body, HasSubstr("  HTTP_X_USERS=kept\n"));
  for (const char* lie : {"alice", "root", "eve", "none"}) {
    EXPECT_THAT(response.body, Not(HasSubstr(lie)));
  }
}

TEST_F(TheGate, IssuesASessionForAToken) {
  const Response form = get("", "/gate/login?next=/deep?a=%22b%22");
  EXPECT_EQ(form.status, 200);
  EXPECT_THAT(form.body, HasSubstr("name=\"next\" value=\"/deep?a=&quot;b&quot;\""));

  const Response entered = post("/gate/login", "next=%2Fdeep&token=another%3Dtoken%26with%25signs");
  EXPECT_EQ(entered.status, 303);
  EXPECT_EQ(entered.field("location"), "/deep");
  EXPECT_EQ(entered.field("cache-control"), "no-store");
  const std::string issued = entered.field("set-cookie");
  EXPECT_THAT(issued, MatchesRegex("__Host-gate=bob[.][0-9]+[.][0-9a-f]+; Path=/; Max-Age=600; "
                                   "HttpOnly; SameSite=Lax; Secure"));
  const std::string value = issued.substr(12, issued.find(';') - 12);
  const std::int64_t expiry = std::stoll(value.substr(4));
  EXPECT_NEAR(static_cast<double>(expiry), static_cast<double>(std::time(nullptr) + 600), 60);
  EXPECT_EQ(value, session("bob", expiry));
  EXPECT_THAT(get(cookie(value)).body, HasSubstr("  HTTP_X_USER=bob\n"));

  const Response left = post("/gate/logout", "");
  EXPECT_EQ(left.status, 303);
  EXPECT_THAT(left.field("set-cookie"), StartsWith("__Host-gate=; Path=/; Max-Age=0;"));
}

TEST_F(TheGate, NamesItsCookieOtherwiseForPlainHttp) {
  Daemon plain(inFrontOf("http://127.0.0.1:" + std::to_string(behind.port()),
                         std::string(kSettings) + "secure no\n"));
  const Response entered =
      plain.connect().ask(request("POST", "front.test", "/gate/login", "token=open-sesame"));
  const std::string issued = entered.field("set-cookie");
  EXPECT_THAT(issued, MatchesRegex("gate=alice[.][0-9]+[.][0-9a-f]+; Path=/; Max-Age=600; "
                                   "HttpOnly; SameSite=Lax"));
  const Response inside = plain.connect().ask(request(
      "GET", "front.test", "/page", {}, "Cookie: " + issued.substr(0, issued.find(';')) + "\r\n"));
  EXPECT_THAT(inside.body, HasSubstr("  HTTP_X_USER=alice\n"));
  EXPECT_THAT(inside.body, Not(HasSubstr("HTTP_COOKIE")));
}

TEST_F(TheGate, LetsNoOtherSiteSignAnyoneInOrOut) {
  const struct {
    const char* fields;
    bool allowed;
  } kCases[] = {
      {"", true},
      {"Sec-Fetch-Site: same-origin\r\n", true},
      {"Sec-Fetch-Site: none\r\n", true},
      {"Sec-Fetch-Site: cross-site\r\n", false},
      {"Sec-Fetch-Site: same-site\r\n", false},
      {"Sec-Fetch-Site: \r\n", false},
      {"Sec-Fetch-Site: what-nobody-has-thought-of-yet\r\n", false},
      {"Sec-Fetch-Site: same-origin\r\nSec-Fetch-Site: cross-site\r\n", false},
      // It counts, and not the origin, where both are given.
      {"Sec-Fetch-Site: cross-site\r\nOrigin: https://front.test\r\n", false},
      {"Sec-Fetch-Site: same-origin\r\nOrigin: https://public.name\r\n", true},
      {"Origin: https://front.test\r\n", true},
      {"Origin: http://Front.Test\r\n", true},
      {"Origin: https://evil.test\r\n", false},
      {"Origin: https://front.test.evil.test\r\n", false},
      {"Origin: https://evil-front.test\r\n", false},
      {"Origin: https://front.test:8443\r\n", false},
      {"Origin: https://\r\n", false},
      {"Origin: front.test\r\n", false},
      {"Origin: null\r\n", false},
      {"Origin: \r\n", false},
      {"Origin: https://front.test\r\nOrigin: https://evil.test\r\n", false},
  };
  for (const auto& page : kCases) {
    SCOPED_TRACE(page.fields);
    for (const char* target : {"/gate/login", "/gate/logout"}) {
      const Response response = post(target, "token=open-sesame", page.fields);
      EXPECT_EQ(response.status, page.allowed ? 303 : 403);
      EXPECT_EQ(response.field("set-cookie").empty(), !page.allowed);
    }
  }
  // Links lead to the form from anywhere.
  EXPECT_EQ(get("Sec-Fetch-Site: cross-site\r\n", "/gate/login").status, 200);
}

TEST_F(TheGate, IssuesNoneOtherwise) {
  for (const std::string& form : std::vector<std::string>{
           "", "token=", "token=wrong", "token=open-sesame%00", "token=open-sesame%2",
           "tokens=open-sesame", "token=" + std::string(600, 'a')}) {
    SCOPED_TRACE(form);
    const Response response = post("/gate/login", form);
    EXPECT_EQ(response.status, 401);
    EXPECT_EQ(response.field("set-cookie"), "");
  }
  EXPECT_EQ(post("/gate/login", "token=" + std::string(5000, 'a')).status, 413);
  EXPECT_EQ(daemon.connect().ask(request("PUT", "front.test", "/gate/login", "x")).status, 405);
  EXPECT_EQ(get("", "/gate/logout").status, 405);
  // A path that only looks like the gate's own is the origin's, and closed.
  EXPECT_EQ(get("", "/gate/log%69n").status, 401);
  EXPECT_EQ(get("", "/gate/login/").status, 401);
}

TEST_F(TheGate, SendsNobodyToAnotherHost) {
  const struct {
    const char *next, *location;
  } kCases[] = {
      {"%2Fhere%3Fa%3Db", "/here?a=b"},
      {"", "/"},
      {"https://evil.test/", "/"},
      {"//evil.test/", "/"},
      {"/%5Cevil.test/", "/"},
      {"%2F%2Fevil.test", "/"},
      {"/a%0d%0aSet-Cookie:x=y", "/"},
      {"evil.test", "/"},
      {"/a%20b", "/"},
  };
  for (const auto& wish : kCases) {
    SCOPED_TRACE(wish.next);
    const Response response =
        post("/gate/login", std::string("token=open-sesame&next=") + wish.next);
    EXPECT_EQ(response.status, 303);
    EXPECT_EQ(response.field("location"), wish.location);
  }
}

TEST_F(TheGate, ShowsPeopleTheFormAndBringsThemBack) {
  const Response response = get("Accept: text/html,*/*\r\n", "/a/b?c=d&e=%20");
  EXPECT_EQ(response.status, 303);
  const std::string location = response.field("location");
  EXPECT_EQ(location, "/gate/login?next=/a/b%3Fc%3Dd%26e%3D%2520");
  EXPECT_THAT(get("", location).body, HasSubstr("value=\"/a/b?c=d&amp;e=%20\""));
}

TEST_F(TheGate, SplitsTrafficByWeightAndKeepsEveryonesVariant) {
  const std::string who = "__Host-gate=" + session("alice", inAnHour());
  int blue = 0;
  constexpr int kDraws = 400;
  for (int i = 0; i < kDraws; ++i) {
    const Response response = get("Cookie: " + who + "\r\n");
    const std::string kept = response.field("set-cookie");
    ASSERT_THAT(kept, AnyOf(StartsWith("variant=blue; "), StartsWith("variant=green; ")));
    const std::string name = kept.substr(8, kept.find(';') - 8);
    ASSERT_THAT(response.body, HasSubstr("  HTTP_X_VARIANT=" + name + "\n"));
    blue += name == "blue";
  }
  // Three in four; six standard deviations of 8.7 to either side.
  EXPECT_GT(blue, 300 - 52);
  EXPECT_LT(blue, 300 + 52);
  for (const char* name : {"blue", "green"}) {
    const Response response = get("Cookie: " + who + "; variant=" + name + "\r\n");
    EXPECT_THAT(response.body, HasSubstr(std::string("  HTTP_X_VARIANT=") + name + "\n"));
    EXPECT_EQ(response.field("set-cookie"), "");
  }
  EXPECT_NE(get("Cookie: " + who + "; variant=red\r\n").field("set-cookie"), "");
}

/// The CGI program above is not told of fields with other names than of letters, digits and "-":
/// this origin gets them all.
TEST(TheGatesOrigin, IsToldOfNobodyElseUnderAnyName) {
  constexpr std::string_view kMarks = "-_.!#$%&'*+^`|~";  // RFC 9110, section 5.6.2
  std::string fields = cookie(session("bob", inAnHour()));
  for (const char mark : kMarks) {
    for (const std::string name :
         {"X?User", "x?USER", "X?Variant", "X?Forwarded?User", "X?Forwarded-User", "Remote?User"}) {
      std::string forged = name;
      std::replace(forged.begin(), forged.end(), '?', mark);
      fields += forged + ": eve\r\n";
    }
  }
  fields += "X.Users: kept\r\nXUser: kept\r\nX.User.: kept\r\nMax!User: kept\r\n";
  std::string head;
  ScriptedOrigin origin({[&](Peer& peer) {
    head = peer.readHead();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    peer.waitForClose();
  }});
  {
    Daemon daemon(inFrontOf(origin.url()));
    const Response response = daemon.connect().ask(request("GET", "front.test", "/", {}, fields));
    EXPECT_EQ(response.body, "ok");
  }
  EXPECT_EQ(origin.finish(), "");
  EXPECT_THAT(head, HasSubstr("x-user: bob\r\n"));
  EXPECT_THAT(head, AnyOf(HasSubstr("x-variant: blue\r\n"), HasSubstr("x-variant: green\r\n")));
  EXPECT_THAT(head, Not(HasSubstr("eve")));
  for (const char* kept : {"X.Users", "XUser", "X.User.", "Max!User"}) {
    EXPECT_THAT(head, HasSubstr(std::string("\r\n") + kept + ": kept\r\n"));
  }
}

TEST(TheGatesAnswers, AreMadeSafeForBrowsers) {
  ScriptedOrigin origin({[&](Peer& peer) {
    peer.readHead();
    peer.send(
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nServer: old/1.0\r\nX-Powered-By: x\r\n"
        "Set-Cookie: own=1\r\nX-Frame-Options: SAMEORIGIN\r\n\r\nok");
    peer.waitForClose();
  }});
  {
    Daemon daemon(inFrontOf(origin.url()));
    const Response response = daemon.connect().ask(
        request("GET", "front.test", "/", {}, cookie(session("alice", inAnHour()))));
    EXPECT_EQ(response.body, "ok");
    EXPECT_EQ(response.field("server"), "");
    EXPECT_EQ(response.field("x-powered-by"), "");
    EXPECT_EQ(response.field("x-frame-options"), "SAMEORIGIN");
    EXPECT_EQ(response.field("x-content-type-options"), "nosniff");
    EXPECT_EQ(response.field("content-security-policy"), "frame-ancestors 'none'");
    EXPECT_EQ(response.field("cache-control"), "private, no-cache");
    EXPECT_EQ(response.field("strict-transport-security"), "max-age=31536000");
    EXPECT_THAT(response.field("set-cookie"), StartsWith("own=1, variant="));
  }
  EXPECT_EQ(origin.finish(), "");
}

TEST(TheGatesSettings, AreCheckedBeforeTheAppServes) {
  const std::string start = "secret 0123456789abcdef0123456789abcdef\n";
  const struct {
    std::string settings;
    const char* complaint;
  } kCases[] = {
      {"", "there is no line 'secret'"},
      {"secret short\nuser a b\n", "the secret needs 32 characters"},
      {start, "there is no line 'user'"},
      {start + "user a\n", "without a token"},
      {start + "user a.b c\n", "a user's name"},
      {start + "user a b\nvariant x\n", "a variant's weight"},
      {start + "user a b\nlifetime 0\n", "lifetime is a number"},
      {start + "user a b\nhost a/b\n", "host is a name"},
      {start + "user a b\nsecure maybe\n", "secure is yes or no"},
      {start + "user a b\ncolour red\n", "a line begins with"},
  };
  TemporaryFolder folder;
  for (const auto& wrong : kCases) {
    SCOPED_TRACE(wrong.settings);
    std::ofstream(folder / "skiff.toml") << inFrontOf("http://127.0.0.1:9", wrong.settings).text();
    const CheckResult result = check(folder / "skiff.toml");
    EXPECT_NE(result.ending, (Ending{0, 0}));
    EXPECT_THAT(result.output + result.error, HasSubstr(wrong.complaint));
  }
}

}  // namespace
}  // namespace skiff::e2e
