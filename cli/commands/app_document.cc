#include "cli/commands/app_document.h"

#include <boost/json.hpp>

#include "cli/session/json_fields.h"

namespace skiff::cli {
namespace {

namespace json = boost::json;

Answer<json::value> put(Session& session, const AppName& name, const DocumentChanges& changes,
                        json::object document, std::pair<std::string, std::string> condition) {
  if (const auto applied = applyChanges(changes, document); !applied) {
    return session.fail(applied.error().message);
  }
  if (!document.contains("routes")) document["routes"] = json::array();
  Request request{.method = "PUT",
                  .target = name.path(),
                  .contentType = "application/json",
                  .body = json::serialize(document)};
  if (!condition.second.empty()) request.fields.push_back(std::move(condition));
  return session.askJson(std::move(request));
}

Answer<json::object> documentFrom(Session& session, const std::string& file) {
  auto read = readDocument(file, session.console().in);
  if (!read) return session.fail(read.error().message);
  keepDocument(*read);
  return std::move(*read);
}

}  // namespace

Answer<json::value> createApp(Session& session, const AppName& name,
                              const DocumentChanges& changes) {
  json::object document;
  if (!changes.from.empty()) {
    auto read = documentFrom(session, changes.from);
    if (!read) return read.error();
    document = std::move(*read);
  }
  session.isAbout(name.tenant);
  auto made = put(session, name, changes, std::move(document), {"If-None-Match", "*"});
  session.isAbout(name.tenant, name.app);
  return made;
}

Answer<json::value> changeApp(Session& session, const AppName& name,
                              const DocumentChanges& changes) {
  const auto before = session.ask({.target = name.path()});
  if (!before) return before.error();
  json::object document;
  if (!changes.from.empty()) {
    auto read = documentFrom(session, changes.from);
    if (!read) return read.error();
    document = std::move(*read);
  } else if (json::value was = parseJson(before->body); was.is_object()) {
    document = std::move(was.get_object());
    keepDocument(document);
  }
  return put(session, name, changes, std::move(document), {"If-Match", before->etag});
}

}  // namespace skiff::cli
