#include <boost/json.hpp>
#include <set>

#include "server/api/route_table.h"
#include "server/tls/certificate_set.h"
#include "tests/server/api/api_fixture.h"
#include "tests/server/api/schema_check.h"
#include "tests/server/tls/test_certificate.h"

namespace skiff {
namespace {

namespace json = boost::json;
using testing::SchemaCheck;

const json::value& document() {
  static const json::value parsed = json::parse(Api::openApiDocument());
  return parsed;
}

std::string lower(std::string_view method) {
  std::string text(method);
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

const json::object* operationOf(std::string_view method, std::string_view path) {
  const json::value* item = document().at("paths").as_object().if_contains(path);
  if (!item) return nullptr;
  const json::value* operation = item->as_object().if_contains(lower(method));
  return operation ? &operation->as_object() : nullptr;
}

/// All $ref within a value.
void collectReferences(const json::value& value, std::set<std::string>& references) {
  if (const json::array* items = value.if_array()) {
    for (const json::value& item : *items) collectReferences(item, references);
  }
  const json::object* object = value.if_object();
  if (!object) return;
  for (const auto& entry : *object) {
    if (entry.key() == "$ref") references.insert(std::string(entry.value().as_string()));
    collectReferences(entry.value(), references);
  }
}

TEST(OpenApi, HasEveryRouteOfTheTableAndNoOther) {
  EXPECT_EQ(document().at("openapi"), "3.1.0");
  std::set<std::string> ofTable;
  for (const ApiRoute& route : apiRoutes()) {
    ofTable.insert(lower(route.method) + " " + std::string(route.path));
  }
  std::set<std::string> ofDocument;
  for (const auto& path : document().at("paths").as_object()) {
    if (!path.key().starts_with("/v1/")) continue;
    for (const auto& operation : path.value().as_object()) {
      ofDocument.insert(std::string(operation.key()) + " " + std::string(path.key()));
    }
  }
  EXPECT_EQ(ofDocument, ofTable);
}

TEST(OpenApi, NamesTheSchemasThatTheTableNames) {
  for (const ApiRoute& route : apiRoutes()) {
    SCOPED_TRACE(std::string(route.method) + " " + std::string(route.path));
    const json::object* operation = operationOf(route.method, route.path);
    ASSERT_TRUE(operation);
    const auto referenceTo = [](std::string_view name) {
      return "#/components/schemas/" + std::string(name);
    };
    std::set<std::string> ofRequest;
    if (const json::value* body = operation->if_contains("requestBody")) {
      collectReferences(*body, ofRequest);
    }
    EXPECT_EQ(ofRequest, route.requestSchema.empty()
                             ? std::set<std::string>{}
                             : std::set<std::string>{referenceTo(route.requestSchema)});
    std::set<std::string> ofAnswers;
    for (const auto& response : operation->at("responses").as_object()) {
      if (response.key().starts_with("2")) collectReferences(response.value(), ofAnswers);
    }
    if (route.answerSchema.empty()) {
      EXPECT_TRUE(ofAnswers.empty());
      EXPECT_TRUE(operation->at("responses").as_object().contains("204"));
    } else {
      EXPECT_TRUE(ofAnswers.contains(referenceTo(route.answerSchema)));
    }
  }
}

TEST(OpenApi, HasNoReferenceThatLeadsNowhereAndNoPartThatNothingUses) {
  const SchemaCheck check(document());
  std::set<std::string> references;
  collectReferences(document(), references);
  for (const std::string& reference : references) {
    EXPECT_TRUE(check.resolve(reference)) << reference;
  }
  for (const char* kind : {"schemas", "parameters", "responses"}) {
    for (const auto& part : document().at("components").at(kind).as_object()) {
      const std::string reference =
          std::string("#/components/") + kind + "/" + std::string(part.key());
      EXPECT_TRUE(references.contains(reference)) << reference;
    }
  }
}

TEST(OpenApi, HasTheParametersOfEachPathAndOneNameForEachOperation) {
  const SchemaCheck check(document());
  std::set<std::string> names;
  for (const ApiRoute& route : apiRoutes()) {
    SCOPED_TRACE(std::string(route.method) + " " + std::string(route.path));
    const json::object* operation = operationOf(route.method, route.path);
    ASSERT_TRUE(operation);
    EXPECT_TRUE(names.insert(std::string(operation->at("operationId").as_string())).second);
    std::set<std::string> inPath;
    if (const json::value* parameters = operation->if_contains("parameters")) {
      for (const json::value& parameter : parameters->as_array()) {
        const json::value* full = check.resolve(std::string(parameter.at("$ref").as_string()));
        ASSERT_TRUE(full);
        if (full->at("in") == "path") {
          inPath.insert("{" + std::string(full->at("name").as_string()) + "}");
        }
      }
    }
    std::set<std::string> ofTemplate;
    std::string_view path = route.path;
    for (auto at = path.find('{'); at != path.npos; at = path.find('{', at + 1)) {
      ofTemplate.insert(std::string(path.substr(at, path.find('}', at) - at + 1)));
    }
    EXPECT_EQ(inPath, ofTemplate);
  }
}

/// Every example of the document, with the schema that it stands beside.
void checkExamples(const json::value& value, const SchemaCheck& check, int& seen) {
  if (const json::array* items = value.if_array()) {
    for (const json::value& item : *items) checkExamples(item, check, seen);
  }
  const json::object* object = value.if_object();
  if (!object) return;
  const json::value* schema = object->if_contains("schema");
  if (const json::value* example = object->if_contains("example"); schema && example) {
    EXPECT_EQ(check.check(*example, *schema, "example"), "");
    ++seen;
  }
  if (const json::value* examples = object->if_contains("examples"); schema && examples) {
    for (const auto& example : examples->as_object()) {
      EXPECT_EQ(check.check(example.value().at("value"), *schema, std::string(example.key())), "");
      ++seen;
    }
  }
  for (const auto& entry : *object) checkExamples(entry.value(), check, seen);
}

TEST(OpenApi, HasExamplesThatAreAsTheirSchemasSay) {
  int seen = 0;
  checkExamples(document(), SchemaCheck(document()), seen);
  EXPECT_GT(seen, 30);
}

class OpenApiOverHttp : public testing::ApiFixture {
 protected:
  void SetUp() override {
    certificates_ = &set_;
    start();
  }
  void TearDown() override { stop(); }

  CertificateSet set_{nullptr};

  /// The request examples of an operation, by their names.
  json::object examplesOf(std::string_view method, std::string_view path) {
    return operationOf(method, path)
        ->at("requestBody")
        .at("content")
        .at("application/json")
        .at("examples")
        .as_object();
  }
};

TEST_F(OpenApiOverHttp, IsServedWithoutAToken) {
  const auto answer = ask("GET", "/openapi.json", "");
  EXPECT_EQ(answer.status, 200u);
  EXPECT_EQ(answer.field("content-type"), "application/json");
  EXPECT_EQ(json::parse(answer.body), document());
}

TEST_F(OpenApiOverHttp, HasRequestsThatTheHandlersTakeAndTheAnswersThatTheyGive) {
  const SchemaCheck check(document());
  const auto expectAnswer = [&](const testing::HttpAnswer& answer, std::string_view schema) {
    EXPECT_LT(answer.status, 300u) << answer.body;
    EXPECT_EQ(check.check(json::parse(answer.body), schema), "") << answer.body;
  };
  images_.pulling = [&](const auto&, const auto&,
                        const auto&) -> Result<ImageSource::Pulled, ImageSource::Failure> {
    const std::string module = "pulled";
    const auto digest = blobs_->put(std::as_bytes(std::span(module)));
    return ImageSource::Pulled{.digest = "sha256:" + std::string(64, '9'),
                               .moduleDigest = *digest,
                               .moduleSize = module.size(),
                               .tree = {},
                               .settings = {},
                               .signature = SignatureVerdict::unchecked,
                               .signatureDetail = "not looked at",
                               .blobs = {*digest},
                               .pin = blobs_->pin({*digest})};
  };
  const std::string tenant = "/v1/tenants/acme";
  const std::string app = tenant + "/apps/web";
  for (const auto& example : examplesOf("put", "/v1/tenants/{tenant}")) {
    SCOPED_TRACE(std::string(example.key()));
    expectAnswer(put(tenant, json::serialize(example.value().at("value"))), "Tenant");
  }
  for (const auto& example : examplesOf("put", "/v1/tenants/{tenant}/apps/{app}")) {
    SCOPED_TRACE(std::string(example.key()));
    expectAnswer(put(app, json::serialize(example.value().at("value"))), "App");
  }
  for (const auto& example : examplesOf("put", "/v1/tenants/{tenant}/apps/{app}/secrets/{name}")) {
    EXPECT_EQ(put(app + "/secrets/API_KEY", json::serialize(example.value().at("value"))).status,
              204u);
  }
  for (const auto& example : examplesOf("post", "/v1/tenants/{tenant}/apps/{app}/versions")) {
    expectAnswer(post(app + "/versions", json::serialize(example.value().at("value"))), "Version");
  }
  // The examples' versions are made up; the real ones take their places.
  const std::string first = makeVersion("acme", "web", "one");
  const std::string second = makeVersion("acme", "web", "two");
  for (const auto& example : examplesOf("put", "/v1/tenants/{tenant}/apps/{app}/deployment")) {
    SCOPED_TRACE(std::string(example.key()));
    json::value body = example.value().at("value");
    int index = 0;
    for (json::value& entry : body.at("split").as_array()) {
      entry.at("version") = index++ == 0 ? first : second;
    }
    expectAnswer(put(app + "/deployment", json::serialize(body)), "Deployment");
  }
  for (const auto& example : examplesOf("post", "/v1/tenants/{tenant}/apps/{app}/rollback")) {
    expectAnswer(post(app + "/rollback", json::serialize(example.value().at("value"))),
                 "Deployment");
  }
  // The example's certificate is none.
  const auto made = testing::TestCertificate::make({"web", "DNS:web.acme.test"});
  expectAnswer(
      put(tenant + "/certificates/web.acme.test",
          json::serialize(json::object{{"certificate", made.certificate}, {"key", made.key}})),
      "Certificate");
  std::string id;
  for (const auto& example : examplesOf("post", "/v1/tokens")) {
    const auto answer = post("/v1/tokens", json::serialize(example.value().at("value")));
    expectAnswer(answer, "NewToken");
    id = json::parse(answer.body).at("id").as_string().c_str();
  }
  for (const ApiRoute& route : apiRoutes()) {
    if (route.method != "GET" || route.streaming == Streaming::always) continue;
    std::string path(route.path);
    for (const auto& [name, value] : {std::pair<std::string, std::string>("{tenant}", "acme"),
                                      {"{app}", "web"},
                                      {"{host}", "web.acme.test"},
                                      {"{version}", first}}) {
      if (const auto at = path.find(name); at != path.npos) path.replace(at, name.size(), value);
    }
    SCOPED_TRACE(path);
    expectAnswer(get(path), route.answerSchema);
  }
  EXPECT_EQ(remove("/v1/tokens/" + id).status, 204u);
  EXPECT_EQ(remove(app + "/secrets/API_KEY").status, 204u);
  EXPECT_EQ(remove(tenant + "/certificates/web.acme.test").status, 204u);
  EXPECT_EQ(remove(app).status, 204u);
  EXPECT_EQ(remove(tenant).status, 204u);
}

}  // namespace
}  // namespace skiff
