#include "tests/e2e/pulling.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <filesystem>
#include <stdexcept>

namespace skiff::e2e {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> namesIn(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.push_back(entry.path().filename());
  std::sort(names.begin(), names.end());
  return names;
}

void require(bool isGood, std::string_view what, const ApiReply& reply) {
  if (isGood) return;
  throw std::runtime_error(std::string(what) + " was answered with " +
                           std::to_string(reply.status) + ": " + reply.text);
}

std::string imageJson(const std::string& image) {
  return R"({"image":")" + image + R"("})";
}

}  // namespace

std::string registryTable(const std::string& registry, const std::string& keys) {
  return "\n[registry.\"" + registry + "\"]\n" + keys + "\n";
}

std::string pushModule(const std::string& target, std::string_view module,
                       const std::vector<std::string>& options) {
  testing::OciLayout layout;
  const std::string descriptor =
      layout.addManifest({"application/vnd.wasm.config.v0+json", "{}", ""},
                         {{"application/wasm", std::string(module), ""}});
  layout.tag("v1", descriptor);
  std::vector<std::string> all{"--preserve-digests"};
  all.insert(all.end(), options.begin(), options.end());
  testing::push(layout, "v1", target, all);
  return testing::digestIn(descriptor);
}

StoreContent storeOf(const Daemon& daemon) {
  const fs::path folder = daemon.folder() / "var" / "blobs";
  StoreContent content;
  content.blobs = namesIn(folder / "blobs" / "sha256");
  content.trees = namesIn(folder / "trees");
  content.unfinished = namesIn(folder / "work");
  return content;
}

Puller::Puller(const std::string& tables, std::string_view tenant)
    : daemon_(ConfigText{}.text() + tables), api_(daemon_) {
  const ApiReply made = api_.put("/v1/tenants/acme", tenant);
  require(made.status == 201, "the tenant", made);
}

void Puller::addApp(const std::string& app, const std::string& keys) const {
  const ApiReply made =
      api_.put(appPath("acme/" + app), R"({"routes":[")" + app + R"(.test/*"])" +
                                           (keys.empty() ? std::string() : "," + keys) + "}");
  require(made.status == 201, "the app", made);
}

ApiReply Puller::pull(const std::string& app, const std::string& image) const {
  return api_.post(appPath("acme/" + app, "/versions"), imageJson(image));
}

std::string Puller::pullWithEvents(const std::string& app, const std::string& image) const {
  return api_
      .ask("POST", appPath("acme/" + app, "/versions"), imageJson(image), "application/json",
           "Accept: text/event-stream\r\n")
      .text;
}

std::string Puller::serve(const std::string& app, const std::string& image) const {
  addApp(app);
  const ApiReply pulled = pull(app, image);
  require(pulled.status == 201, "the pull", pulled);
  const ApiReply deployed = api_.deploy("acme/" + app, pulled.word("version"));
  require(deployed.status == 200, "the deployment", deployed);
  return pulled.word("version");
}

std::vector<std::string> Puller::versions(const std::string& app) const {
  const ApiReply reply = api_.get(appPath("acme/" + app, "/versions"));
  require(reply.status == 200, "the list of versions", reply);
  std::vector<std::string> names;
  for (const auto& item : reply.body.at("items").as_array()) {
    names.emplace_back(item.at("version").as_string());
  }
  return names;
}

}  // namespace skiff::e2e
