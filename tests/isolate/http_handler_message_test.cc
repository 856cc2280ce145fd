#include "tests/isolate/handler_guest.h"

namespace skiff {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using testing::HandlerGuest;
using ::testing::HasSubstr;
using ::testing::Test;

constexpr unsigned kOutside = 0xffff'fff0;

class HttpHandler : public Test {
 protected:
  HandlerGuest guest;
};

TEST(HttpHandlerModule, HasEveryFunctionOfTheSpecification) {
  const struct {
    std::string_view name, parameters;
    char result;
  } specified[] = {
      {"enable_features", "i", 'i'},
      {"get_config", "ii", 'i'},
      {"log_enabled", "i", 'i'},
      {"log", "iii", 0},
      {"get_method", "ii", 'i'},
      {"set_method", "ii", 0},
      {"get_uri", "ii", 'i'},
      {"set_uri", "ii", 0},
      {"get_protocol_version", "ii", 'i'},
      {"get_source_addr", "ii", 'i'},
      {"get_header_names", "iii", 'I'},
      {"get_header_values", "iiiii", 'I'},
      {"set_header_value", "iiiii", 0},
      {"add_header_value", "iiiii", 0},
      {"remove_header", "iii", 0},
      {"read_body", "iii", 'I'},
      {"write_body", "iii", 0},
      {"get_status_code", "", 'i'},
      {"set_status_code", "i", 0},
  };
  const HostModule& module = httpHandlerModule();
  EXPECT_EQ(module.name, "http_handler");
  EXPECT_EQ(module.functions.size(), std::size(specified));
  for (const auto& expected : specified) {
    const auto found = std::find_if(module.functions.begin(), module.functions.end(),
                                    [&](const HostFunction& f) { return f.name == expected.name; });
    ASSERT_NE(found, module.functions.end()) << expected.name;
    EXPECT_EQ(found->parameters, expected.parameters) << expected.name;
    EXPECT_EQ(found->result, expected.result) << expected.name;
  }
}

TEST_F(HttpHandler, SeesTheRequestsFirstLineAndSource) {
  guest.exchange.setRequest("PUT", "/v1/hi?name=panda%20");
  guest.exchange.setAddresses("[::1]:4711", "[::1]:8080");
  EXPECT_EQ(guest.get("get_method"), "PUT");
  EXPECT_EQ(guest.get("get_uri"), "/v1/hi?name=panda%20");
  EXPECT_EQ(guest.get("get_protocol_version"), "HTTP/1.1");
  EXPECT_EQ(guest.get("get_source_addr"), "[::1]:4711");
}

TEST_F(HttpHandler, WritesNothingThatDoesNotFitTheLimit) {
  guest.exchange.setRequest("OPTIONS", "/");
  guest.memory.put(HandlerGuest::kBuffer, "untouched");
  EXPECT_EQ(guest.value("get_method", {HandlerGuest::kBuffer, 6}), 7);
  EXPECT_EQ(guest.memory.text(HandlerGuest::kBuffer, 9), "untouched");
  // Without a limit it is only asked for the length, and the buffer may be anywhere.
  EXPECT_EQ(guest.value("get_method", {kOutside, 0}), 7);
  EXPECT_EQ(guest.value("get_method", {HandlerGuest::kBuffer, 7}), 7);
  EXPECT_EQ(guest.memory.text(HandlerGuest::kBuffer, 9), "OPTIONSed");
}

TEST_F(HttpHandler, WritesUpToTheLastByteOfMemory) {
  const auto last = static_cast<unsigned>(guest.memory.size()) - 3;
  EXPECT_EQ(guest.value("get_method", {last, 3}), 3);
  EXPECT_EQ(guest.memory.text(last, 3), "GET");
  EXPECT_THAT(guest.trap("get_method", {last + 1, 3}),
              AllOf(HasSubstr("http_handler.get_method"), HasSubstr("buf")));
}

TEST_F(HttpHandler, ChangesMethodAndUriForNext) {
  guest.exchange.setRequest("GET", "/old?query");
  guest.run("set_method", {"POST"});
  guest.run("set_uri", {"/new%20path"});
  EXPECT_EQ(guest.get("get_method"), "POST");
  EXPECT_EQ(guest.get("get_uri"), "/new%20path");
  EXPECT_EQ(guest.exchange.request().method, "POST");
  EXPECT_EQ(guest.exchange.request().target, "/new%20path");
  guest.run("set_uri", {""});
  EXPECT_EQ(guest.get("get_uri"), "/");
}

TEST_F(HttpHandler, TakesFinalStatusCodes) {
  EXPECT_EQ(guest.value("get_status_code", {}), 200);
  for (const int status : {200, 204, 404, 599}) {
    guest.run("set_status_code", {status});
    EXPECT_EQ(guest.value("get_status_code", {}), status);
  }
}

TEST_F(HttpHandler, ReadsItsConfiguration) {
  guest.settings.config = std::string("\0binary\xff", 8);
  EXPECT_EQ(guest.get("get_config"), guest.settings.config);
  guest.settings.config.clear();
  EXPECT_EQ(guest.get("get_config"), "");
}

TEST_F(HttpHandler, LogsUnderItsRequestAtItsLevel) {
  guest.run("log", {-1, "fine"});
  guest.run("log", {2, "broken\nbadly"});
  guest.run("log", {0, ""});
  ASSERT_EQ(guest.log.lines.size(), 3u);
  EXPECT_EQ(guest.log.lines[0].level, LogLevel::debug);
  EXPECT_EQ(guest.log.lines[0].requestId, "request-1");
  EXPECT_EQ(guest.log.lines[1].text, "broken\nbadly");
  EXPECT_EQ(guest.log.lines[2].text, "");
}

TEST_F(HttpHandler, LogsOnlyEnabledLevelsThatThereAre) {
  guest.log.threshold = LogLevel::warn;
  const struct {
    int level;
    bool enabled;
  } levels[] = {{-2, false}, {-1, false}, {0, false}, {1, true},
                {2, true},   {3, false},  {99, false}};
  for (const auto& test : levels) {
    EXPECT_EQ(guest.value("log_enabled", {test.level}), test.enabled) << test.level;
    guest.run("log", {test.level, "text"});
  }
  EXPECT_EQ(guest.log.lines.size(), 2u);
}

TEST_F(HttpHandler, AnswersAllFeaturesThatThereAre) {
  EXPECT_EQ(guest.value("enable_features", {0}), 7);
  EXPECT_EQ(guest.context.features(), 0u);
  EXPECT_EQ(guest.value("enable_features", {2}), 7);
  EXPECT_EQ(guest.value("enable_features", {-1}), 7);
  EXPECT_EQ(guest.context.features(), 7u);
}

TEST_F(HttpHandler, CannotEnableFeaturesAfterNext) {
  guest.run("enable_features", {1});
  guest.enterResponsePhase();
  guest.run("enable_features", {2});
  EXPECT_EQ(guest.context.features(), 1u);
}

TEST_F(HttpHandler, CanBeConfiguredWhileTheModuleInitialises) {
  HostContext initialising(guest.settings, guest.environment, nullptr);
  initialising.setMemory(GuestMemory(guest.memory));
  guest.settings.config = "c";
  EXPECT_EQ(guest.callIn(initialising, "enable_features", {3}).get(), 7);
  EXPECT_EQ(guest.callIn(initialising, "get_config", {0, 0}).get(), 1);
  EXPECT_EQ(guest.callIn(initialising, "log_enabled", {0}).get(), 1);
  guest.callIn(initialising, "log", {0, "starting"});
  EXPECT_EQ(initialising.features(), 3u);
  ASSERT_EQ(guest.log.lines.size(), 1u);
  EXPECT_EQ(guest.log.lines[0].requestId, "");
  EXPECT_FALSE(initialising.ending());
}

TEST(HttpHandlerInitialisation, HasNoRequest) {
  const std::pair<std::string_view, std::size_t> functions[] = {
      {"get_method", 2},       {"set_method", 2},           {"get_uri", 2},
      {"set_uri", 2},          {"get_protocol_version", 2}, {"get_source_addr", 2},
      {"get_header_names", 3}, {"get_header_values", 5},    {"set_header_value", 5},
      {"add_header_value", 5}, {"remove_header", 3},        {"read_body", 3},
      {"write_body", 3},       {"get_status_code", 0},      {"set_status_code", 1},
  };
  for (const auto& [name, count] : functions) {
    HandlerGuest guest;
    HostContext initialising(guest.settings, guest.environment, nullptr);
    initialising.setMemory(GuestMemory(guest.memory));
    const std::uint32_t slots[5] = {0, 16, 1, 16, 1};
    const auto all = httpHandlerModule().functions;
    const auto function =
        std::find_if(all.begin(), all.end(), [&](const HostFunction& f) { return f.name == name; });
    ASSERT_NE(function, all.end());
    ASSERT_EQ(function->parameters.size(), count);
    EXPECT_EQ(function->call(initialising, slots).kind(), HostResult::Kind::stop) << name;
    ASSERT_TRUE(initialising.ending()) << name;
    EXPECT_THAT(initialising.ending()->message,
                AllOf(HasSubstr(name), HasSubstr("no request yet")));
  }
}

struct TrapCase {
  std::string_view what;
  std::string_view function;
  std::initializer_list<HandlerGuest::Argument> arguments;
  std::string_view why;
};

void expectTraps(std::span<const TrapCase> cases, void (*prepare)(HandlerGuest&)) {
  for (const TrapCase& test : cases) {
    HandlerGuest guest;
    prepare(guest);
    EXPECT_THAT(guest.trap(test.function, test.arguments),
                AllOf(HasSubstr("http_handler."), HasSubstr(test.function), HasSubstr(test.why)))
        << test.what;
  }
}

TEST(HttpHandlerTraps, NameFunctionAndArgument) {
  const unsigned buffer = HandlerGuest::kBuffer;
  const TrapCase cases[] = {
      {"method outside", "get_method", {kOutside, 100u}, "buf lies outside memory"},
      {"address that overflows", "set_method", {kOutside, 0xffffu}, "method lies outside memory"},
      {"URI outside", "get_uri", {kOutside, 100u}, "buf"},
      {"set URI outside", "set_uri", {kOutside, 100u}, "uri"},
      {"version outside", "get_protocol_version", {kOutside, 100u}, "buf"},
      {"address outside", "get_source_addr", {kOutside, 100u}, "buf"},
      {"message outside", "log", {0, kOutside, 100u}, "message"},
      {"silent message outside", "log", {3, kOutside, 100u}, "message"},
      {"names outside", "get_header_names", {0, kOutside, 100u}, "buf"},
      {"values outside", "get_header_values", {0, "host", kOutside, 100u}, "buf"},
      {"name outside", "get_header_values", {0, kOutside, 100u, buffer, 0u}, "name"},
      {"set name outside", "set_header_value", {1, kOutside, 100u, "v"}, "name"},
      {"set value outside", "set_header_value", {1, "n", kOutside, 100u}, "value"},
      {"add value outside", "add_header_value", {1, "n", kOutside, 100u}, "value"},
      {"remove outside", "remove_header", {1, kOutside, 100u}, "name"},
      {"read outside", "read_body", {0, kOutside, 100u}, "buf"},
      {"write outside", "write_body", {1, kOutside, 100u}, "body"},
      {"empty method", "set_method", {""}, "token"},
      {"method with a space", "set_method", {"GET /"}, "token"},
      {"tunnel", "set_method", {"CONNECT"}, "CONNECT"},
      {"absolute URI", "set_uri", {"http://a/b"}, "begin with"},
      {"request splitting", "set_uri", {"/ HTTP/1.1\r\nX: y"}, "percent-encoded"},
      {"URI not ASCII", "set_uri", {"/\xc3\xbc"}, "percent-encoded"},
      {"URI with a fragment", "set_uri", {"/a#b"}, "percent-encoded"},
      {"informational status", "set_status_code", {101}, "101"},
      {"status below", "set_status_code", {199}, "200 to 599"},
      {"status above", "set_status_code", {600}, "200 to 599"},
      {"negative status", "set_status_code", {-1}, "200 to 599"},
      {"header kind", "get_header_names", {4, buffer, 10u}, "kind must be"},
      {"header kind of a setter", "set_header_value", {-1, "n", "v"}, "kind must be"},
      {"empty header name", "get_header_values", {0, "", buffer, 10u}, "name is empty"},
      {"empty header name set", "set_header_value", {1, "", "v"}, "token"},
      {"header name with a colon", "add_header_value", {1, "a:b", "v"}, "token"},
      {"header splitting", "add_header_value", {1, "a", "v\r\nb: c"}, "control characters"},
      {"length that is none", "set_header_value", {1, "Content-Length", "-1"}, "no number"},
      {"zero limit", "read_body", {0, buffer, 0u}, "buf_limit is 0"},
      {"body kind to read", "read_body", {2, buffer, 10u}, "kind must be"},
      {"body kind to write", "write_body", {2, "x"}, "kind must be"},
      {"trailers not enabled", "set_header_value", {3, "n", "v"}, "enable_features(4)"},
      {"trailers not enabled to remove", "remove_header", {2, "n"}, "enable_features(4)"},
  };
  expectTraps(cases, [](HandlerGuest&) {});
}

TEST(HttpHandlerTraps, KeepTheRequestAsItWasSentToNext) {
  const TrapCase cases[] = {
      {"method", "set_method", {"POST"}, "after next"},
      {"URI", "set_uri", {"/"}, "after next"},
      {"header", "set_header_value", {0, "n", "v"}, "after next"},
      {"further header", "add_header_value", {0, "n", "v"}, "after next"},
      {"header removal", "remove_header", {0, "n"}, "after next"},
      {"trailer", "set_header_value", {2, "n", "v"}, "after next"},
      {"body", "write_body", {0, "x"}, "after next"},
      {"body read", "read_body", {0, HandlerGuest::kBuffer, 10u}, "enable_features(1)"},
      {"streamed response read",
       "read_body",
       {1, HandlerGuest::kBuffer, 10u},
       "enable_features(2)"},
      {"streamed response written", "write_body", {1, "x"}, "enable_features(2)"},
  };
  expectTraps(cases, [](HandlerGuest& guest) { guest.enterResponsePhase(); });
}

TEST_F(HttpHandler, CannotFillTheServersMemoryWithHeadText) {
  const std::string value(10'000, 'v');
  std::string message;
  int calls = 0;
  while (message.empty() && calls < 1'000) {
    message = guest.trap("set_header_value", {1, "same", value});
    ++calls;
  }
  EXPECT_THAT(message, HasSubstr("1 MiB"));
  EXPECT_EQ(calls, 105);
}

}  // namespace
}  // namespace skiff
