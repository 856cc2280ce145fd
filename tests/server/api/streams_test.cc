#include <boost/json.hpp>
#include <future>
#include <thread>

#include "tests/server/api/api_fixture.h"

namespace skiff {
namespace {

namespace json = boost::json;
using testing::HttpAnswer;
using testing::HttpConnection;

class ApiStreams : public testing::ApiFixture {
 protected:
  void SetUp() override {
    start();
    makeApp("acme", "web");
  }

  std::string head(std::string_view method, std::string_view target, std::string_view more = {}) {
    return std::string(method) + " " + std::string(target) +
           " HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + operator_ + "\r\n" +
           std::string(more) + "\r\n";
  }
  /// What comes until `end` is in it.
  static std::string readUntil(HttpConnection& connection, std::string_view end) {
    std::string text;
    while (text.find(end) == text.npos) {
      const std::string piece = connection.readSome();
      if (piece.empty()) break;
      text += piece;
    }
    return text;
  }
  static constexpr const char* kVersions = "/v1/tenants/acme/apps/web/versions";
  static constexpr const char* kFollow = "/v1/tenants/acme/apps/web/logs?follow=1";
};

TEST_F(ApiStreams, TellTheStepsOfAVersionAndItsResult) {
  images_.pulling = [&](const auto&, const auto&,
                        const auto& progress) -> Result<ImageSource::Pulled, ImageSource::Failure> {
    progress({.step = "pull", .detail = "layer 1 of 1", .bytes = 10, .total = 20});
    const std::string module = "pulled";
    const auto digest = blobs_->put(std::as_bytes(std::span(module)));
    return ImageSource::Pulled{.digest = "sha256:" + std::string(64, '9'),
                               .moduleDigest = *digest,
                               .moduleSize = module.size(),
                               .tree = {},
                               .settings = R"({"args":["a"],"env":[["B","c"]]})",
                               .signature = SignatureVerdict::unchecked,
                               .signatureDetail = "not looked at",
                               .blobs = {*digest},
                               .pin = blobs_->pin({*digest})};
  };
  const HttpAnswer answer =
      post(kVersions, R"({"image":"registry.test/web:v1"})", {{"Accept", "text/event-stream"}});
  EXPECT_EQ(answer.status, 200u);
  EXPECT_EQ(answer.field("content-type"), "text/event-stream");
  EXPECT_EQ(answer.field("transfer-encoding"), "chunked");
  EXPECT_NE(answer.body.find("event: progress\ndata: {\"step\":\"pull\",\"detail\":\"layer 1 of "
                             "1\",\"bytes\":10,\"total\":20}\n\n"),
            std::string::npos)
      << answer.body;
  EXPECT_NE(answer.body.find("\"step\":\"prepare\""), std::string::npos);
  EXPECT_NE(answer.body.find("event: result\ndata: {\"status\":201,\"body\":{\"version\":"
                             "\"9999999999999999\""),
            std::string::npos)
      << answer.body;
  deploy("acme", "web", "9999999999999999");
  const VersionSpec served = runtime_.served("acme", "web").versions.at(0);
  EXPECT_THAT(served.args, ::testing::ElementsAre("a"));
  EXPECT_THAT(served.env, ::testing::ElementsAre(::testing::Pair("B", "c")));
}

TEST_F(ApiStreams, EndWithTheProblemWhereThereIsOne) {
  const HttpAnswer answer =
      post(kVersions, R"({"image":"registry.test/web:v1"})", {{"Accept", "text/event-stream"}});
  EXPECT_EQ(answer.status, 200u);
  const std::size_t at = answer.body.find("event: error\ndata: ");
  ASSERT_NE(at, std::string::npos) << answer.body;
  const std::string data = answer.body.substr(at + 19, answer.body.find('\n', at + 19) - at - 19);
  EXPECT_EQ(json::parse(data).at("code"), "pull_failed");
  EXPECT_EQ(json::parse(data).at("reason"), "manifest_unknown");
  EXPECT_EQ(json::parse(data).at("status"), 502);
}

TEST_F(ApiStreams, AreNotBegunForWhatIsRefusedAtOnce) {
  EXPECT_EQ(post(kVersions, R"({"picture":1})", {{"Accept", "text/event-stream"}}).status, 422u);
  EXPECT_EQ(get("/v1/tenants/acme/apps/none/logs").status, 404u);
  EXPECT_EQ(get("/v1/tenants/acme/apps/web/logs?follow=2").status, 400u);
}

TEST_F(ApiStreams, ShowTheLogThatIsHeldAndEnd) {
  runtime_.heldLines = {R"({"line":1})", R"({"line":2})"};
  const HttpAnswer answer = get("/v1/tenants/acme/apps/web/logs");
  EXPECT_EQ(answer.status, 200u);
  EXPECT_EQ(answer.body, "data: {\"line\":1}\n\ndata: {\"line\":2}\n\n");
  EXPECT_EQ(runtime_.followers(), 0u);
}

TEST_F(ApiStreams, FollowTheLogUntilTheClientGoes) {
  {
    HttpConnection connection(server_->port());
    connection.send(head("GET", kFollow));
    readUntil(connection, "\r\n\r\n");
    while (runtime_.followers() == 0) std::this_thread::yield();
    runtime_.log("acme", "web", R"({"line":1})");
    EXPECT_NE(readUntil(connection, "}\n\n").find("data: {\"line\":1}\n\n"), std::string::npos);
    runtime_.log("acme", "web", "two\nlines");
    EXPECT_NE(readUntil(connection, "lines\n\n").find("data: two\ndata: lines\n\n"),
              std::string::npos);
  }
  while (runtime_.followers() != 0) std::this_thread::yield();
}

TEST_F(ApiStreams, SayThatTheyAreThereWhenThereIsNothingToTell) {
  stop();
  AdminLimits limits = quickLimits();
  limits.session.heartbeat = std::chrono::milliseconds(10);
  start(limits);
  HttpConnection connection(server_->port());
  connection.send(head("GET", kFollow));
  EXPECT_NE(readUntil(connection, ":\n\n").find(":\n\n"), std::string::npos);
  EXPECT_NE(readUntil(connection, ":\n\n").find(":\n\n"), std::string::npos);
}

TEST_F(ApiStreams, DropAClientThatDoesNotRead) {
  stop();
  AdminLimits limits = quickLimits();
  limits.session.write = std::chrono::milliseconds(100);
  start(limits);
  HttpConnection connection(server_->port());
  connection.send(head("GET", kFollow));
  while (runtime_.followers() == 0) std::this_thread::yield();
  const std::string line(100'000, 'x');
  while (runtime_.followers() != 0) runtime_.log("acme", "web", line);
}

TEST_F(ApiStreams, AreBoundedInNumber) {
  stop();
  AdminLimits limits = quickLimits();
  limits.gate.streams = 3;
  limits.gate.streamsPerOwner = 2;
  limits.gate.streamsKept = 1;
  start(limits);
  const std::string admin = makeToken("tenant-admin", "acme");
  const auto follow = [&](const std::string& token) {
    auto connection = std::make_unique<HttpConnection>(server_->port());
    connection->send("GET " + std::string(kFollow) +
                     " HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + token + "\r\n\r\n");
    return connection;
  };
  std::vector<std::unique_ptr<HttpConnection>> open;
  for (int i = 0; i < 2; ++i) {
    open.push_back(follow(admin));
    EXPECT_NE(readUntil(*open.back(), "\r\n\r\n").find(" 200 "), std::string::npos);
  }
  EXPECT_EQ(follow(admin)->read().status, 429u);
  open.push_back(follow(operator_));
  EXPECT_NE(readUntil(*open.back(), "\r\n\r\n").find(" 200 "), std::string::npos);
  EXPECT_EQ(follow(operator_)->read().status, 429u);
  EXPECT_EQ(get("/v1/tenants/acme").status, 200u);
}

class ApiStreamsThatMustEnd : public ApiStreams {
 protected:
  void SetUp() override {
    ApiStreams::SetUp();
    stop();
    AdminLimits limits = quickLimits();
    limits.session.recheck = std::chrono::milliseconds(10);
    start(limits);
  }

  std::unique_ptr<HttpConnection> follow(const std::string& token) {
    auto connection = std::make_unique<HttpConnection>(server_->port());
    connection->send("GET " + std::string(kFollow) +
                     " HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + token + "\r\n\r\n");
    EXPECT_NE(readUntil(*connection, "\r\n\r\n").find(" 200 "), std::string::npos);
    return connection;
  }
  /// The code of the problem that the stream ends with.
  static std::string codeAtTheEndOf(HttpConnection& connection) {
    const std::string text = readUntil(connection, "0\r\n\r\n");
    constexpr std::string_view kEvent = "event: error\ndata: ";
    const std::size_t at = text.rfind(kEvent);
    if (at == text.npos) return "nothing: " + text;
    const std::size_t begin = at + kEvent.size();
    EXPECT_TRUE(connection.ended());
    return json::parse(text.substr(begin, text.find('\n', begin) - begin))
        .at("code")
        .as_string()
        .c_str();
  }
  std::string made_;  ///< the id of the token that was made last
  std::string make() {
    const HttpAnswer made = post("/v1/tokens", R"({"scope":"tenant-read","tenant":"acme",)"
                                               R"("expires_in_s":3600})");
    made_ = json::parse(made.body).at("id").as_string().c_str();
    return json::parse(made.body).at("token").as_string().c_str();
  }
};

TEST_F(ApiStreamsThatMustEnd, EndWithTheirToken) {
  const auto connection = follow(make());
  const auto other = follow(make());
  EXPECT_EQ(remove("/v1/tokens/" + made_).status, 204u);
  EXPECT_EQ(codeAtTheEndOf(*other), "unauthorized");
  runtime_.log("acme", "web", "goes on");
  EXPECT_NE(readUntil(*connection, "on\n\n").find("data: goes on\n\n"), std::string::npos);
  clockOffset_ = 3'601;
  EXPECT_EQ(codeAtTheEndOf(*connection), "unauthorized");
  while (runtime_.followers() != 0) std::this_thread::yield();
}

TEST_F(ApiStreamsThatMustEnd, EndAlsoWhileThereIsMuchToTell) {
  const auto connection = follow(make());
  while (runtime_.followers() == 0) std::this_thread::yield();
  std::jthread talker([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      runtime_.log("acme", "web", "on and on");
      std::this_thread::sleep_for(std::chrono::microseconds(100));
    }
  });
  EXPECT_EQ(remove("/v1/tokens/" + made_).status, 204u);
  EXPECT_EQ(codeAtTheEndOf(*connection), "unauthorized");
}

TEST_F(ApiStreamsThatMustEnd, EndWithTheirTenant) {
  const auto ofTenant = follow(make());
  const auto ofOperator = follow(operator_);
  EXPECT_EQ(remove("/v1/tenants/acme").status, 204u);
  EXPECT_EQ(codeAtTheEndOf(*ofTenant), "unauthorized");
  EXPECT_EQ(codeAtTheEndOf(*ofOperator), "not_found");
}

TEST_F(ApiStreamsThatMustEnd, GiveUpThePullOfATokenThatEnds) {
  std::promise<void> began, ended;
  images_.pulling = [&](const auto&, const auto&,
                        const auto& progress) -> Result<ImageSource::Pulled, ImageSource::Failure> {
    began.set_value();
    while (progress({.step = "pull", .detail = "on and on"})) std::this_thread::yield();
    ended.set_value();
    return ImageSource::Failure{ImageSource::Failure::Kind::pull, "given_up", "Given up."};
  };
  const HttpAnswer made = post("/v1/tokens", R"({"scope":"tenant-admin","tenant":"acme"})");
  HttpConnection connection(server_->port());
  connection.send("POST " + std::string(kVersions) +
                  " HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n"
                  "Content-Type: application/json\r\nContent-Length: 15\r\nAuthorization: Bearer " +
                  std::string(json::parse(made.body).at("token").as_string()) + "\r\n\r\n" +
                  R"({"image":"a:b"})");
  began.get_future().wait();
  EXPECT_EQ(remove("/v1/tokens/" + std::string(json::parse(made.body).at("id").as_string())).status,
            204u);
  EXPECT_EQ(codeAtTheEndOf(connection), "unauthorized");
  ended.get_future().wait();
}

TEST_F(ApiStreams, EndWhenTheServerStops) {
  HttpConnection connection(server_->port());
  connection.send(head("GET", kFollow));
  readUntil(connection, "\r\n\r\n");
  while (runtime_.followers() == 0) std::this_thread::yield();
  server_->stop();
  EXPECT_TRUE(connection.ended());
  EXPECT_EQ(runtime_.followers(), 0u);
}

TEST_F(ApiStreams, GiveUpAPullWhoseClientHasGone) {
  std::promise<void> began, ended;
  images_.pulling = [&](const auto&, const auto&,
                        const auto& progress) -> Result<ImageSource::Pulled, ImageSource::Failure> {
    began.set_value();
    while (progress({.step = "pull", .detail = "on and on"})) std::this_thread::yield();
    ended.set_value();
    return ImageSource::Failure{ImageSource::Failure::Kind::pull, "given_up", "Given up."};
  };
  {
    HttpConnection connection(server_->port());
    connection.send(head("POST", kVersions,
                         "Accept: text/event-stream\r\nContent-Type: application/json\r\n"
                         "Content-Length: 15\r\n") +
                    R"({"image":"a:b"})");
    began.get_future().wait();
  }
  ended.get_future().wait();
}

}  // namespace
}  // namespace skiff
