#include "tests/e2e/document_client.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>
#include <stdexcept>

#include "tests/server/api/schema_check.h"

namespace skiff::e2e {

namespace json = boost::json;
using testing::SchemaCheck;

namespace {

std::string textOf(const json::value& value) {
  return std::string(value.as_string());
}

/// An argument as the JSON that a parameter's schema describes.
json::value asJson(const std::string& argument) {
  std::int64_t number = 0;
  const auto [end, error] =
      std::from_chars(argument.data(), argument.data() + argument.size(), number);
  if (error == std::errc() && end == argument.data() + argument.size()) return number;
  return json::value(argument);
}

/// Without parameters: "text/plain; charset=utf-8" is text/plain.
std::string mediaTypeOf(const Response& response) {
  const std::string type = response.field("content-type");
  return type.substr(0, type.find(';'));
}

}  // namespace

DocumentClient::DocumentClient(std::uint16_t port) : port_(port) {
  document_ = json::parse(get(port, "127.0.0.1", "/openapi.json").body);
  for (const auto& [path, methods] : document_.at("paths").as_object()) {
    for (const auto& [method, description] : methods.as_object()) {
      Operation operation{std::string(method), std::string(path), description.as_object()};
      for (char& c : operation.method) c = static_cast<char>(std::toupper(c));
      operations_.emplace(textOf(description.at("operationId")), std::move(operation));
    }
  }
}

DocumentClient::Operation& DocumentClient::find(std::string_view operation) {
  const auto found = operations_.find(operation);
  if (found == operations_.end()) {
    throw std::runtime_error("the document has no operation " + std::string(operation));
  }
  return found->second;
}

const json::value& DocumentClient::follow(const json::value& value) const {
  const json::object* object = value.if_object();
  const json::value* reference = object ? object->if_contains("$ref") : nullptr;
  if (!reference) return value;
  const json::value* target = SchemaCheck(document_).resolve(textOf(*reference));
  if (!target) throw std::runtime_error("nothing is at " + textOf(*reference));
  return follow(*target);
}

/// The target, with header fields for those parameters that are some.
std::string DocumentClient::fillIn(const Operation& operation, const Arguments& arguments,
                                   std::string& fields) const {
  std::string target = operation.path;
  std::string query;
  std::size_t used = 0;
  if (const json::value* parameters = operation.description.if_contains("parameters")) {
    for (const json::value& entry : parameters->as_array()) {
      const json::object& parameter = follow(entry).as_object();
      const std::string name = textOf(parameter.at("name"));
      const auto argument = arguments.find(name);
      if (argument == arguments.end()) {
        const json::value* required = parameter.if_contains("required");
        if (required && required->as_bool()) throw std::runtime_error(name + " is required");
        continue;
      }
      ++used;
      const std::string& text = argument->second;
      const json::value& schema = follow(parameter.at("schema"));
      const json::value* type = schema.as_object().if_contains("type");
      const bool isText = type && *type == "string";
      EXPECT_EQ(
          SchemaCheck(document_).check(isText ? json::value(text) : asJson(text), schema, name),
          "");
      const std::string place = textOf(parameter.at("in"));
      if (place == "header") {
        fields += name + ": " + text + "\r\n";
      } else if (place == "query") {
        query += (query.empty() ? '?' : '&') + name + '=' + text;
      } else {
        target.replace(target.find('{' + name + '}'), name.size() + 2, text);
      }
    }
  }
  EXPECT_EQ(used, arguments.size()) << "the document does not know all arguments";
  return target + query;
}

DocumentClient::Answer DocumentClient::call(std::string_view operation,
                                            const Arguments& arguments) {
  return callWith(operation, arguments, {}, {});
}

DocumentClient::Answer DocumentClient::call(std::string_view operation, const Arguments& arguments,
                                            const json::value& body) {
  constexpr std::string_view kJson = "application/json";
  const json::value& content =
      find(operation).description.at("requestBody").at("content").at(kJson);
  EXPECT_EQ(SchemaCheck(document_).check(body, content.at("schema"), std::string(operation)), "");
  return callWith(operation, arguments, json::serialize(body), kJson);
}

DocumentClient::Answer DocumentClient::callWith(std::string_view name, const Arguments& arguments,
                                                std::string_view body, std::string_view mediaType) {
  SCOPED_TRACE(std::string(name));
  Operation& operation = find(name);
  std::string fields = "Connection: close\r\n";
  const std::string target = fillIn(operation, arguments, fields);
  if (!mediaType.empty()) {
    const json::value& content = operation.description.at("requestBody").at("content");
    EXPECT_TRUE(content.as_object().contains(mediaType)) << mediaType;
    fields.append("Content-Type: ").append(mediaType).append("\r\n");
  }
  const json::value* security = operation.description.if_contains("security");
  const json::value& schemes = security ? *security : document_.at("security");
  if (!schemes.as_array().empty()) {
    const json::string_view scheme = schemes.at(0).as_object().begin()->key();
    const json::object& described =
        document_.at("components").at("securitySchemes").at(scheme).as_object();
    EXPECT_EQ(described.at("type"), "http");
    EXPECT_EQ(described.at("scheme"), "bearer");
    fields += "Authorization: Bearer " + token_ + "\r\n";
  }
  Client connection(port_);
  const Response response =
      connection.ask(request(operation.method, "127.0.0.1", target, body, fields));
  Answer answer{response.status, response.body, nullptr, response.field("etag")};
  boost::system::error_code error;
  answer.body = json::parse(response.body, error);
  if (error) answer.body = nullptr;
  checkAnswer(operation, response, answer);
  operation.called |= response.status < 300;
  return answer;
}

void DocumentClient::checkAnswer(const Operation& operation, const Response& response,
                                 const Answer& answer) {
  const json::object& answers = operation.description.at("responses").as_object();
  const json::value* described = answers.if_contains(std::to_string(response.status));
  if (!described) described = answers.if_contains("default");
  ASSERT_TRUE(described) << response.status << " is not in the document";
  const json::value* content = follow(*described).as_object().if_contains("content");
  if (!content) {
    EXPECT_EQ(response.body, "");
    return;
  }
  const json::value* typed = content->as_object().if_contains(mediaTypeOf(response));
  ASSERT_TRUE(typed) << response.status << " as " << response.field("content-type");
  const bool isJson = mediaTypeOf(response).ends_with("json");
  if (!isJson) return;
  EXPECT_EQ(SchemaCheck(document_).check(answer.body, typed->at("schema"),
                                         textOf(operation.description.at("operationId"))),
            "")
      << response.body;
}

std::set<std::string> DocumentClient::notCalled() const {
  std::set<std::string> names;
  for (const auto& [name, operation] : operations_) {
    if (!operation.called) names.insert(name);
  }
  return names;
}

}  // namespace skiff::e2e
