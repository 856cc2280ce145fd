#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "tests/e2e/client.h"

namespace skiff::e2e {

/// A client of an HTTP API that knows nothing of it but its OpenAPI document: operations by their
/// operationId, arguments by their names. What it sends and what it gets must be as the document
/// says, or the test fails.
class DocumentClient {
 public:
  /// Gets the document from `/openapi.json` on that port.
  explicit DocumentClient(std::uint16_t port);

  void setToken(std::string token) { token_ = std::move(token); }

  struct Answer {
    int status = 0;
    std::string text;         ///< the body, as it came
    boost::json::value body;  ///< the same, read; null if it is no JSON
    std::string etag;
  };
  using Arguments = std::map<std::string, std::string>;

  /// With no body.
  Answer call(std::string_view operation, const Arguments& arguments = {});
  Answer call(std::string_view operation, const Arguments& arguments,
              const boost::json::value& body);
  Answer callWith(std::string_view operation, const Arguments& arguments, std::string_view body,
                  std::string_view mediaType);

  /// Operations of the document that were never called with success.
  std::set<std::string> notCalled() const;

 private:
  struct Operation {
    std::string method;
    std::string path;
    boost::json::object description;
    bool called = false;
  };
  Operation& find(std::string_view operation);
  const boost::json::value& follow(const boost::json::value& value) const;
  std::string fillIn(const Operation& operation, const Arguments& arguments,
                     std::string& fields) const;
  void checkAnswer(const Operation& operation, const Response& response, const Answer& answer);

  const std::uint16_t port_;
  boost::json::value document_;
  std::map<std::string, Operation, std::less<>> operations_;
  std::string token_;
};

}  // namespace skiff::e2e
