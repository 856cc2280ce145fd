#pragma once

#include <boost/json.hpp>
#include <string>
#include <string_view>

namespace skiff::testing {

/// Whether JSON is as a schema of an OpenAPI document says: type, required, properties,
/// additionalProperties, items, enum, pattern, minimum, maximum, minItems, maxItems, maxLength,
/// oneOf and $ref (JSON Schema 2020-12). Any other keyword but annotations fails.
class SchemaCheck {
 public:
  explicit SchemaCheck(const boost::json::value& document) : document_(document) {}

  /// What is wrong, and where; empty if nothing is.
  std::string check(const boost::json::value& value, std::string_view schemaName) const;
  std::string check(const boost::json::value& value, const boost::json::value& schema,
                    const std::string& where) const;
  /// What "#/components/…" leads to; null if nothing.
  const boost::json::value* resolve(std::string_view reference) const;

 private:
  std::string checkObject(const boost::json::object& value, const boost::json::object& schema,
                          const std::string& where) const;

  const boost::json::value& document_;
};

}  // namespace skiff::testing
