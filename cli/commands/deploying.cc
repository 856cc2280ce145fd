#include "cli/commands/deploying.h"

#include <boost/json.hpp>
#include <ostream>

#include "cli/commands/deployment_options.h"
#include "cli/commands/split_plan.h"
#include "cli/session/json_fields.h"
#include "cli/text_result.h"
#include "config/printable.h"
#include "config/regular_file.h"

namespace skiff::cli {
namespace {

namespace json = boost::json;

constexpr auto kMaxModule = 64_MiB;
constexpr std::string_view kMagic("\0asm", 4);
/// Large modules compile for long, and nothing is said meanwhile.
constexpr TransferLimits kPatient{.timeout = std::chrono::minutes(5),
                                  .silence = std::chrono::minutes(15)};

/// What the events of a deployment have come to so far.
struct Steps {
  json::value result;
  json::value problem;

  bool take(const SseEvent& event, Progress& progress) {
    const json::value data = parseJson(event.data);
    if (event.name == "progress") {
      progress.update(textOf(data, "step"), textOf(data, "detail"), countOf(data, "bytes"),
                      countOf(data, "total"));
    } else if (event.name == "result") {
      result = data;
      return false;
    } else if (event.name == "error") {
      problem = data;
      return false;
    }
    return true;
  }
};

}  // namespace

Result<std::string> readModule(const std::string& file) {
  const auto bytes = readRegularFile(file, kMaxModule);
  if (!bytes) return Error{printable(file) + ": " + bytes.error().message};
  std::string module(bytes->begin(), bytes->end());
  if (!module.starts_with(kMagic)) {
    return Error{printable(file) + " is not a WebAssembly module: it does not begin as one does"};
  }
  return textResult(std::move(module));
}

Answer<json::value> makeVersion(Session& session, const AppName& name, ModuleSource source,
                                Progress& progress) {
  const bool isImage = !source.image.empty();
  const std::uint64_t size = source.module.size();
  Request request{
      .method = "POST",
      .target = name.path("versions"),
      .contentType = isImage ? "application/json" : "application/wasm",
      .body = isImage ? json::serialize(json::object{{"image", source.image}})
                      : std::move(source.module),
      .fields = {{"Accept", "text/event-stream, application/json, application/problem+json"}}};
  const std::string target = request.target;
  Steps steps;
  TransferHooks hooks;
  if (!isImage) {
    hooks.onSent = [&](std::uint64_t sent) { progress.update("upload", "", sent, size); };
  }
  hooks.onEvent = [&](const SseEvent& event) { return steps.take(event, progress); };
  const auto reply = session.tryAsk(std::move(request), hooks, kPatient);
  progress.finish();
  if (!reply) return reply.error();

  if (steps.problem.is_object()) {
    const auto status = static_cast<unsigned>(std::max<std::uint64_t>(
        400, std::min<std::uint64_t>(countOf(steps.problem, "status"), 599)));
    return session.explain(target, {.status = status, .body = json::serialize(steps.problem)});
  }
  json::value version = steps.result.is_object() ? member(steps.result, "body") : json::value();
  const bool isStream = reply->contentType.starts_with("text/event-stream");
  if (!isStream && reply->status < 300) version = parseJson(reply->body);
  if (textOf(version, "version").empty()) {
    if (!isStream) return session.explain(target, *reply);
    return session.fail("the daemon ended the connection before it said how the deployment ended",
                        "skiff versions " + name.text() + " tells whether the version is there");
  }
  return version;
}

Answer<json::value> giveTraffic(Session& session, const AppName& name, const std::string& version,
                                const std::string& percent, const DeploymentOptions& options) {
  std::vector<SplitPart> split{{version, kWhole}};
  json::object body;
  Request request{
      .method = "PUT", .target = name.path("deployment"), .contentType = "application/json"};
  if (!percent.empty()) {
    const auto weight = parsePercent(percent);
    if (!weight) return session.fail("--weight " + weight.error().message);
    const Request question{.target = name.path("deployment")};
    const auto before = session.tryAsk(question);
    if (!before) return before.error();
    json::value now;
    if (before->status == 200) {
      now = parseJson(before->body);
      if (!before->etag.empty()) request.fields.emplace_back("If-Match", before->etag);
      for (const std::string_view kept : {"sticky", "auto_rollback"}) {
        if (!member(now, kept).is_null()) body[kept] = member(now, kept);
      }
    } else if (before->status != 404 && before->status != 409) {  // there is none yet
      return session.explain(question.target, *before);
    }
    split = planCanary(splitOf(now), version, *weight);
  }
  body["split"] = splitJson(split);
  options.apply(body);
  request.body = json::serialize(body);
  return session.askJson(std::move(request));
}

std::string urlToTry(const std::string& route, const json::value& status) {
  const std::size_t slash = route.find('/');
  if (slash == std::string::npos) return {};
  std::string host = route.substr(0, slash);
  std::string path = route.substr(slash);
  if (path.ends_with('*')) path.pop_back();
  if (host == "*") host = "localhost";
  if (host.starts_with("*.")) host.replace(0, 1, "www");

  const std::vector<std::string> listeners = textsOf(status, "listen");
  if (listeners.empty()) return {};
  const std::string& listener = listeners.front();
  const std::size_t colon = listener.rfind(':');
  if (colon == std::string::npos) return {};
  const std::string port = listener.substr(colon + 1);
  return "http://" + host + (port == "80" ? "" : ":" + port) + path;
}

}  // namespace skiff::cli
