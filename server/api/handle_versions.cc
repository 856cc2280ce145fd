#include "server/api/handlers.h"
#include "server/api/json_io.h"
#include "server/api/reply.h"
#include "server/api/views.h"

namespace skiff::handlers {

namespace json = boost::json;

namespace {

/// Steps as events, to whoever reads them.
Operations::Progress progressOf(const ApiRequest& request) {
  if (!request.events) return {};
  return [events = request.events](const ImageSource::Progress& progress) {
    return events->send("progress", json::serialize(json::object{{"step", progress.step},
                                                                 {"detail", progress.detail},
                                                                 {"bytes", progress.bytes},
                                                                 {"total", progress.total}}));
  };
}

ApiResult<std::string> imageOf(const ApiRequest& request) {
  const auto body = parseObject(request.body);
  if (body.has_error()) return body.error();
  std::vector<KeyProblem> errors;
  reportUnknownKeys(*body, "", {"image"}, errors);
  const json::value* image = body->if_contains("image");
  if (!image || !image->is_string()) {
    errors.push_back({"image", "must be a reference such as \"registry.example/app:v1\"."});
  }
  if (!errors.empty()) return invalidProblem(std::move(errors));
  return std::string(image->get_string());
}

}  // namespace

Answer addVersion(ApiContext& context, const ApiRequest& request) {
  const PathNames& path = request.path;
  const bool isModule = request.head.contentType.starts_with("application/wasm");
  std::string image;
  if (!isModule) {
    auto given = imageOf(request);
    if (given.has_error()) return given.error();
    image = *std::move(given);
  }
  if (request.events) request.events->start();
  const Operations::Progress progress = progressOf(request);
  const auto added = isModule ? context.operations.uploadVersion(request.caller, path.tenant,
                                                                 path.app, request.body, progress)
                              : context.operations.pullVersion(request.caller, path.tenant,
                                                               path.app, image, progress);
  if (added.has_error()) return added.error();
  ApiAnswer answer =
      jsonAnswer(added->created ? 201 : 200, views::version(added->record, added->notes));
  answer.fields.emplace_back("Location", "/v1/tenants/" + path.tenant + "/apps/" + path.app +
                                             "/versions/" + added->record.version);
  return answer;
}

Answer getVersion(ApiContext& context, const ApiRequest& request) {
  const auto record =
      context.operations.version(request.path.tenant, request.path.app, request.path.name);
  if (record.has_error()) return record.error();
  return jsonAnswer(200, views::version(*record, {}));
}

Answer listVersions(ApiContext& context, const ApiRequest& request) {
  const auto limit = queryLimit(request);
  if (limit.has_error()) return limit.error();
  const auto records = context.operations.versions(request.path.tenant, request.path.app, *limit);
  if (records.has_error()) return records.error();
  json::array items;
  for (const VersionRecord& record : *records) items.push_back(views::version(record, {}));
  return listAnswer(std::move(items), nullptr);
}

}  // namespace skiff::handlers
