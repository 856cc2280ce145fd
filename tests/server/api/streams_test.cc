#include <boost/json.hpp>
#include <future>

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
