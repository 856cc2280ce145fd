#include "tests/server/api/api_fixture.h"

#include <boost/json.hpp>
#include <stdexcept>

#include "server/api/tokens.h"

namespace skiff::testing {

namespace json = boost::json;

ApiFixture::ApiFixture() = default;

ApiFixture::~ApiFixture() {
  stop();
}

AdminLimits ApiFixture::quickLimits() {
  AdminLimits limits;
  limits.gate.firstDelay = std::chrono::milliseconds(0);
  limits.session.linger = std::chrono::milliseconds(200);
  return limits;
}

void ApiFixture::start(AdminLimits limits) {
  auto catalog = openCatalog(
      directory_.path() / "catalog.db", directory_.path() / "secrets.key",
      [this] { return std::chrono::system_clock::now() + std::chrono::seconds(clockOffset_); });
  ASSERT_TRUE(catalog.has_value()) << catalog.error().message;
  catalog_ = *std::move(catalog);
  auto blobs = BlobStore::open(directory_.path() / "blobs", blobCap_);
  ASSERT_TRUE(blobs.has_value()) << blobs.error().message;
  blobs_ = *std::move(blobs);
  operations_.emplace(Operations::Parts{.catalog = *catalog_,
                                        .blobs = *blobs_,
                                        .runtime = runtime_,
                                        .images = &images_,
                                        .serverLimits = [] { return Limits{}; },
                                        .fileTenants = [this] { return fileTenants_; },
                                        .certificates = certificates_,
                                        .versionsKept = versionsKept_,
                                        .tenantBlobsMax = tenantBlobsMax_});
  api_.emplace(*operations_, Api::Info{.engine = "V8", .notReady = {}});
  server_.emplace(AdminHooks{.metrics = [] { return std::string("skiff_isolates 3\n"); },
                             .notReady = [] { return std::vector<std::string>(); },
                             .engine = "V8"},
                  ListenAddress{"127.0.0.1", 0}, &*api_, limits);
  const auto made = ensureOperatorToken(*catalog_, directory_.path() / "operator.token");
  ASSERT_TRUE(made.has_value()) << made.error().message;
  operator_ = directory_.read("operator.token");
  operator_.pop_back();
  const auto started = server_->start();
  ASSERT_TRUE(started.has_value()) << started.error().message;
}

void ApiFixture::stop() {
  server_.reset();
  api_.reset();
  operations_.reset();
  blobs_.reset();
  catalog_.reset();
}

namespace {

HttpFields completed(std::string_view token, std::string_view body, HttpFields fields) {
  if (!token.empty()) fields.emplace_back("Authorization", "Bearer " + std::string(token));
  bool hasType = false;
  for (const auto& field : fields) hasType = hasType || field.first == "Content-Type";
  if (!body.empty() && !hasType) fields.emplace_back("Content-Type", "application/json");
  fields.emplace_back("Connection", "close");
  return fields;
}

}  // namespace

HttpAnswer ApiFixture::ask(std::string_view method, std::string_view target, std::string_view token,
                           std::string_view body, HttpFields fields) {
  return HttpConnection(server_->port())
      .ask(method, target, completed(token, body, std::move(fields)), body);
}

std::string ApiFixture::askForText(std::string_view method, std::string_view target,
                                   std::string_view token, std::string_view body,
                                   HttpFields fields) {
  HttpConnection connection(server_->port());
  connection.send(requestText(method, target, completed(token, body, std::move(fields)), body));
  std::string text;
  for (std::string piece = connection.readSome(); !piece.empty(); piece = connection.readSome()) {
    text += piece;
  }
  return text;
}

HttpAnswer ApiFixture::put(std::string_view target, std::string_view body, HttpFields fields) {
  return ask("PUT", target, operator_, body, std::move(fields));
}

HttpAnswer ApiFixture::get(std::string_view target) {
  return ask("GET", target, operator_);
}

HttpAnswer ApiFixture::post(std::string_view target, std::string_view body, HttpFields fields) {
  return ask("POST", target, operator_, body, std::move(fields));
}

HttpAnswer ApiFixture::remove(std::string_view target, HttpFields fields) {
  return ask("DELETE", target, operator_, {}, std::move(fields));
}

std::string ApiFixture::makeToken(std::string_view scope, std::string_view tenant) {
  json::object body{{"scope", scope}};
  if (!tenant.empty()) body["tenant"] = tenant;
  const HttpAnswer answer = post("/v1/tokens", json::serialize(body));
  if (answer.status != 201) throw std::runtime_error(answer.body);
  return json::parse(answer.body).at("token").as_string().c_str();
}

void ApiFixture::makeApp(const std::string& tenant, const std::string& app) {
  const std::string path = "/v1/tenants/" + tenant;
  if (const HttpAnswer answer = put(path, "{}"); answer.status >= 300) {
    throw std::runtime_error(answer.body);
  }
  const HttpAnswer answer =
      put(path + "/apps/" + app, R"({"routes":[")" + app + "." + tenant + R"(.test/*"]})");
  if (answer.status >= 300) throw std::runtime_error(answer.body);
}

std::string ApiFixture::makeVersion(const std::string& tenant, const std::string& app,
                                    std::string_view content) {
  const HttpAnswer answer = post("/v1/tenants/" + tenant + "/apps/" + app + "/versions", content,
                                 {{"Content-Type", "application/wasm"}});
  if (answer.status >= 300) throw std::runtime_error(answer.body);
  return json::parse(answer.body).at("version").as_string().c_str();
}

void ApiFixture::deploy(const std::string& tenant, const std::string& app,
                        const std::string& version) {
  const HttpAnswer answer = put("/v1/tenants/" + tenant + "/apps/" + app + "/deployment",
                                R"({"split":[{"version":")" + version + R"(","weight":100}]})");
  if (answer.status >= 300) throw std::runtime_error(answer.body);
}

}  // namespace skiff::testing
