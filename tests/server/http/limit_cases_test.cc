#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "tests/server/http/wire_cases.h"

namespace skiff {
namespace {

/// A front end with small limits: what is beyond is refused with the status that says so.
class LimitCasesTest : public testing::Test {
 protected:
  LimitCasesTest() {
    limits_.uri = 100;
    limits_.headers = 400;
    limits_.headerCount = 8;
  }

  void add(std::string_view name, std::string bytes, std::string_view outcome) {
    texts_.push_back(std::make_unique<std::string>(std::move(bytes)));
    cases_.push_back({name, *texts_.back(), outcome});
  }
  void run() { expectOneReading(cases_, WireServer::Handling::ignoresBody, limits_); }

  static std::string get(const std::string& target, const std::string& fields) {
    return "GET " + target + " HTTP/1.1\r\n" + fields + "\r\n";
  }
  static std::string fields(std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text += "X: y\r\n";
    return text;
  }

  HttpLimits limits_;
  std::vector<std::unique_ptr<std::string>> texts_;
  std::vector<WireCase> cases_;
};

constexpr std::string_view k414 = "-> 414 closed";
constexpr std::string_view k431 = "-> 431 closed";

TEST_F(LimitCasesTest, WhatIsTooLongIsRefusedAsSuch) {
  const std::string host = "Host: a\r\n";
  const std::string path = "/" + std::string(99, 'p');
  const std::string served = "GET " + path + " a -> 200 open";
  add("a target as long as it may be", get(path, host), served);
  add("a target one byte longer", get(path + "p", host), k414);
  add("a query too long", get("/?" + std::string(99, 'q'), host), k414);
  add("a URI too long", get("http://" + std::string(100, 'h'), host), k414);
  add("a target without end", "GET /" + std::string(5000, 'p'), k414);
  add("as many fields as there may be", get("/", host + fields(7)),
      "GET / a X=y X=y X=y X=y X=y X=y X=y -> 200 open");
  add("one field more", get("/", host + fields(8)), k431);
  add("a value too long", get("/", host + "X: " + std::string(400, 'v') + "\r\n"), k431);
  add("a name too long", get("/", host + std::string(400, 'n') + ": v\r\n"), k431);
  add("a value without end", "GET / HTTP/1.1\r\nX: " + std::string(5000, 'v'), k431);
  add("a name without end", "GET / HTTP/1.1\r\n" + std::string(5000, 'n'), k431);
  add("blanks without end", "GET / HTTP/1.1\r\nX:" + std::string(5000, ' '), k431);
  add("a method without end", std::string(5000, 'M'), "-> 501 closed");
  add("an answer to HEAD has no body, if it is a refusal",
      "HEAD /" + std::string(100, 'p') + " HTTP/1.1\r\nHost: a\r\n\r\n", k414);
  run();
}

}  // namespace
}  // namespace skiff
