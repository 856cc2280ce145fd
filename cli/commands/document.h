#pragma once

#include <boost/json/object.hpp>
#include <iosfwd>
#include <string>
#include <vector>

#include "config/result.h"

namespace CLI {
class App;
}

namespace skiff::cli {

/// What the words of a command change in the document of a tenant or an app.
struct DocumentChanges {
  std::string from;                 ///< a JSON file to begin with, or "-"; empty: none
  std::vector<std::string> routes;  ///< replace those there were, if there are any
  std::vector<std::string> env;     ///< NAME=VALUE
  std::vector<std::string> limits;  ///< key=value
  std::vector<std::string> unset;   ///< "origin", "env.NAME", "limits.key"

  bool isEmpty() const;
};

/// Adds --from, --limit and --unset.
void addDocumentOptions(CLI::App& command, DocumentChanges& changes);
/// Adds --route and --env.
void addAppDocumentOptions(CLI::App& command, DocumentChanges& changes);

/// Makes the changes, but for `from`. The error names what is not NAME=VALUE.
Result<void> applyChanges(const DocumentChanges& changes, boost::json::object& document);

/// The object in a JSON file of at most 1 MiB, or on `in` if it is "-".
Result<boost::json::object> readDocument(const std::string& file, std::istream& in);

/// Takes away what an answer says of a tenant or an app beside its document.
void keepDocument(boost::json::object& answer);

}  // namespace skiff::cli
