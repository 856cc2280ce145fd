#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/documents.h"

namespace skiff {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::SizeIs;

struct Expected {
  std::string_view path;
  std::string_view fragment;  ///< of the message
};

struct Case {
  std::string_view name;
  std::string_view json;
  std::vector<Expected> errors;
};

void PrintTo(const Case& bad, std::ostream* out) {
  *out << bad.name;
}

std::string nameOf(const ::testing::TestParamInfo<Case>& info) {
  return std::string(info.param.name);
}

template <class Document>
void expectErrors(const Result<Document, DocumentErrors>& document, const Case& bad) {
  ASSERT_TRUE(document.has_error());
  ASSERT_THAT(document.error(), SizeIs(bad.errors.size()));
  for (std::size_t i = 0; i < bad.errors.size(); ++i) {
    EXPECT_EQ(document.error()[i].path, bad.errors[i].path);
    EXPECT_THAT(document.error()[i].message, HasSubstr(bad.errors[i].fragment));
  }
}

const Case kAppCases[] = {
    // JSON
    {"Nothing", "", {{"", "the document is not JSON (RFC 8259): incomplete JSON, at line 1"}}},
    {"SyntaxError", "{\n \"a\": tru }", {{"", "at line 2, byte 7"}}},
    {"TrailingText", "{} {}", {{"", "extra data, at line 1, byte 4"}}},
    {"TrailingComma", R"({"tmp": true,})", {{"", "is not JSON"}}},
    {"Comment", "{} // none", {{"", "is not JSON"}}},
    {"NotANumber", R"({"priority": NaN})", {{"", "is not JSON"}}},
    {"NotUtf8", "{\"config\": \"\xc3\"}", {{"", "is not JSON"}}},
    {"HalfACharacter", R"({"config": "\ud83d"})", {{"", "is not JSON"}}},
    {"ControlCharacter", "{\"config\": \"\n\"}", {{"", "is not JSON"}}},
    {"List", "[]", {{"", "the document must be an object, such as {}"}}},
    {"Text", R"("a")", {{"", "must be an object"}}},
    {"Null", R"({"limits": {"memory": null}})", {{"limits.memory", "is null"}}},
    {"NullInAList", R"({"dirs": [{}, {"host": null}]})", {{"dirs[1].host", "is null"}}},
    {"KeyTwice", R"({"tmp": true, "tmp": true})", {{"tmp", "the key stands twice"}}},
    {"KeyTwiceWithin",
     R"({"dirs": [{"host": "/a", "guest": "/a", "h\u006fst": "/b"}]})",
     {{"dirs[0].host", "the key stands twice"}}},
    {"HugeNumber", R"({"priority": 9223372036854775808})", {{"priority", "larger number"}}},
    // Keys
    {"UnknownKey",
     R"({"route": ["a/*"]})",
     {{"route", R"(unknown key "route" in an app; did you mean "routes"?)"}}},
    {"KeysOfTheFileAlone",
     R"({"name": "a", "module": "/a.wasm"})",
     {{"name", "unknown key"}, {"module", "unknown key"}}},
    {"UnknownKeyThatAPathMustQuote", R"({"a.b\u0000": 1})", {{R"("a.b\x00")", "unknown key"}}},
    {"UnknownKeyWithin",
     R"({"limits": {"cpu": 1}})",
     {{"limits.cpu", R"(unknown key "cpu" in limits; did you mean "cpu_ms"?)"}}},
    {"TwoMistakesInOrder",
     R"({"zz": 1, "routes": ["a", 5], "aa": 2})",
     {{"zz", "unknown key"}, {"routes[1]", "found 5"}, {"aa", "unknown key"}}},
    // Types
    {"TextForANumber",
     R"({"limits": {"cpu_ms": "5"}})",
     {{"limits.cpu_ms",
       R"(cpu_ms must be a whole number from 1 to 300000, such as "cpu_ms": 50; found "5")"}}},
    {"FractionForANumber",
     R"({"priority": 1.0})",
     {{"priority", "found a number with a fraction"}}},
    {"ExponentForANumber",
     R"({"priority": 1e3})",
     {{"priority", "found a number with a fraction"}}},
    {"NumberForASize",
     R"({"limits": {"memory": 65536}})",
     {{"limits.memory", R"(such as "memory": "128MiB"; found 65536)"}}},
    {"NumberForABoolean", R"({"tmp": 1})", {{"tmp", "tmp must be true or false"}}},
    {"ListForAnObject",
     R"({"limits": []})",
     {{"limits", "limits must be an object; found a list"}}},
    {"ObjectForAList",
     R"({"dirs": {}})",
     {{"dirs", "dirs must be a list of objects; found an object"}}},
    {"NumberInAListOfObjects", R"({"dirs": [5]})", {{"dirs[0]", "a list of objects; found 5"}}},
    {"NumberForAVariable",
     R"({"env": {"A": 1}})",
     {{"env.A", R"("A" must be a string, such as "A": "text"; found 1)"}}},
    // Values
    {"OverTheCeilings",
     R"({"limits": {"wall_ms": 3600001, "concurrency": 0}})",
     {{"limits.wall_ms", "from 1 to 3600000"}, {"limits.concurrency", "from 1 to 1000000"}}},
    {"PartOfAPage",
     R"({"limits": {"memory": "65KiB"}})",
     {{"limits.memory", R"(the nearest are "64KiB" and "128KiB")"}}},
    {"EmptyRoute", R"({"routes": ["a/*", ""]})", {{"routes[1]", "routes holds an empty string"}}},
    {"UnknownWord",
     R"({"reuse": "drity"})",
     {{"reuse", R"(reuse cannot be "drity"; did you mean "dirty"?)"}}},
    {"BadOrigin", R"({"origin": "ftp://a"})", {{"origin", "origin: "}}},
    {"NulInAVariable", R"({"env": {"A": "\u0000"}})", {{"env.A", "holds a NUL character"}}},
    {"TooFewInstances",
     R"({"min_instances": 2, "max_instances": 1})",
     {{"min_instances", "more than max_instances"}}},
    // Paths
    {"RelativeFiles",
     R"({"files": "site"})",
     {{"files", R"(files: "site" is not absolute, and there is no folder)"}}},
    {"RelativeDirectory",
     R"({"dirs": [{"host": "../a", "guest": "/a"}]})",
     {{"dirs[0].host", R"("../a" is not absolute)"}}},
    {"EmptyPath", R"({"files": ""})", {{"files", "files is empty"}}},
    {"NoGuestPath",
     R"({"dirs": [{"host": "/a"}]})",
     {{"dirs[0]", R"("guest" is missing in dirs; write it like "guest": "/www")"}}},
    {"GuestPathTwice",
     R"({"dirs": [{"host": "/a", "guest": "/a"}, {"host": "/b", "guest": "/a/"}]})",
     {{"dirs[1].guest", R"(is granted at dirs[0].guest already)"}}},
    // Watching
    {"WatchWithoutAnImage", R"({"watch": {}})", {{"watch", R"("image" is missing in watch)"}}},
    {"WatchOfNothing", R"({"watch": {"image": ""}})", {{"watch.image", "image is empty"}}},
    {"WatchTooOften",
     R"({"watch": {"image": "a", "interval_s": 9}})",
     {{"watch.interval_s", "from 10 to 86400, such as \"interval_s\": 60; found 9"}}},
    {"WatchTooSeldom",
     R"({"watch": {"image": "a", "interval_s": 86401}})",
     {{"watch.interval_s", "from 10 to 86400"}}},
    {"WatchWithMore", R"({"watch": {"image": "a", "tag": "b"}})", {{"watch.tag", "unknown key"}}},
};

class AppDocuments : public ::testing::TestWithParam<Case> {};

TEST_P(AppDocuments, NameEachMistakeAndItsPlace) {
  expectErrors(parseAppDocument(GetParam().json, "a", {}, ClockKind::frozen), GetParam());
}

INSTANTIATE_TEST_SUITE_P(, AppDocuments, ::testing::ValuesIn(kAppCases), nameOf);

#define SKIFF_TEST_KEY "\"-----BEGIN PUBLIC KEY-----\""

const Case kTenantCases[] = {
    {"KeysOfAnApp", R"({"routes": []})", {{"routes", R"(unknown key "routes" in a tenant)"}}},
    {"BadLimit", R"({"limits": {"weight": 101}})", {{"limits.weight", "from 1 to 100"}}},
    {"UnknownClock", R"({"clock": "exact"})", {{"clock", R"(clock cannot be "exact")"}}},
    {"EmptyHost", R"({"hosts": ["a", ""]})", {{"hosts[1]", "write a host without a path"}}},
    {"RouteForAHost", R"({"hosts": ["a/*"]})", {{"hosts[0]", R"(hosts holds "a/*")"}}},
    {"RegistryWithoutARepository",
     R"({"registries": ["r.corp/a/*", "r.corp"]})",
     {{"registries[1]", R"(registries: repositories are HOST/*)"}}},
    {"UnknownPolicy",
     R"({"signatures": {"policy": "required"}})",
     {{"signatures.policy", R"(policy cannot be "required"; did you mean "require"?)"}}},
    {"PolicyWithoutKeys",
     R"({"signatures": {"policy": "require"}})",
     {{"signatures", R"("keys" is missing in signatures; write it like "keys": ["-----BEGIN)"}}},
    {"PolicyWithNoKey",
     R"({"signatures": {"policy": "warn", "keys": []}})",
     {{"signatures.keys", "keys is empty; give at least one"}}},
    {"PrivateKey",
     R"({"signatures": {"keys": ["-----BEGIN PRIVATE KEY-----"]}})",
     {{"signatures.keys[0]", "no public key in PEM"}}},
    {"TooManyKeys",
     R"({"signatures": {"keys": [)" SKIFF_TEST_KEY "," SKIFF_TEST_KEY "," SKIFF_TEST_KEY
     "," SKIFF_TEST_KEY "," SKIFF_TEST_KEY "," SKIFF_TEST_KEY "," SKIFF_TEST_KEY "," SKIFF_TEST_KEY
     "," SKIFF_TEST_KEY "," SKIFF_TEST_KEY "," SKIFF_TEST_KEY "," SKIFF_TEST_KEY "," SKIFF_TEST_KEY
     "," SKIFF_TEST_KEY "," SKIFF_TEST_KEY "," SKIFF_TEST_KEY "," SKIFF_TEST_KEY "]}}",
     {{"signatures.keys", "keys holds 17 keys; it takes at most 16"}}},
};

class TenantDocuments : public ::testing::TestWithParam<Case> {};

TEST_P(TenantDocuments, NameEachMistakeAndItsPlace) {
  expectErrors(parseTenantDocument(GetParam().json, {}), GetParam());
}

INSTANTIATE_TEST_SUITE_P(, TenantDocuments, ::testing::ValuesIn(kTenantCases), nameOf);

DocumentErrors errorsOf(std::string_view json) {
  const auto document = parseTenantDocument(json, {});
  return document.has_error() ? document.error() : DocumentErrors();
}

TEST(HostileDocuments, AreRefusedWhenTheyAreTooLarge) {
  std::string json = R"({"clock": "coarse"})";
  json.append(kLargestDocument.bytes() - json.size(), ' ');
  EXPECT_THAT(errorsOf(json), SizeIs(0));
  const DocumentErrors errors = errorsOf(json + ' ');
  ASSERT_THAT(errors, SizeIs(1));
  EXPECT_EQ(errors[0].message, "the document has 262145 bytes; at most 256KiB are taken");
}

TEST(HostileDocuments, AreRefusedWhenTheyNestTooDeep) {
  for (const std::size_t depth : {kDeepestNesting, std::size_t{100'000}}) {
    const DocumentErrors errors = errorsOf(R"({"clock": )" + std::string(depth, '['));
    ASSERT_THAT(errors, SizeIs(1));
    EXPECT_EQ(errors[0].message, "the document nests deeper than 8 levels");
  }
  const std::size_t deepest = kDeepestNesting - 1;
  const DocumentErrors errors =
      errorsOf(R"({"clock": )" + std::string(deepest, '[') + std::string(deepest, ']') + "}");
  ASSERT_THAT(errors, SizeIs(1));
  EXPECT_THAT(errors[0].message, HasSubstr("found a list"));
}

TEST(HostileDocuments, AreRefusedWhenTheyHoldTooManyValues) {
  std::string json = R"({"hosts": ["a")";
  for (std::size_t i = 0; i < kMostValues - 2; ++i) json += R"(,"a")";
  EXPECT_THAT(errorsOf(json + "]}"), SizeIs(0));
  const DocumentErrors errors = errorsOf(json + R"(,"a"]})");
  ASSERT_THAT(errors, SizeIs(1));
  EXPECT_EQ(errors[0].path, "hosts[19999]");
  EXPECT_EQ(errors[0].message, "the document holds more than 20000 values");
}

TEST(HostileDocuments, GetABoundedNumberOfErrors) {
  std::string json = R"({"hosts": [1)";
  for (int i = 1; i < 5'000; ++i) json += ",1";
  const DocumentErrors errors = errorsOf(json + "]}");
  ASSERT_THAT(errors, SizeIs(kMostDocumentErrors + 1));
  EXPECT_EQ(errors[99].path, "hosts[99]");
  EXPECT_EQ(errors[100].message, "only 100 errors are listed; there are more");
}

TEST(HostileDocuments, GetErrorsOfABoundedLength) {
  const DocumentErrors errors = errorsOf("{\"" + std::string(200'000, 'k') + "\": {\"x\": 1}}");
  ASSERT_THAT(errors, SizeIs(1));
  EXPECT_THAT(errors[0].path, EndsWith("kkk...\""));
  EXPECT_LT(errors[0].path.size(), 100U);
  EXPECT_LT(errors[0].message.size(), 500U);
}

}  // namespace
}  // namespace skiff
