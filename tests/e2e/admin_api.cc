#include "tests/e2e/admin_api.h"

#include <boost/json/parse.hpp>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace skiff::e2e {
namespace {

namespace json = boost::json;

std::string readText(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) throw std::runtime_error("cannot read " + file.string());
  return std::string(std::istreambuf_iterator<char>(stream), {});
}

void require(const ApiReply& reply, int status, std::string_view what) {
  if (reply.status == status) return;
  throw std::runtime_error(std::string(what) + " was answered with " +
                           std::to_string(reply.status) + ": " + reply.text);
}

}  // namespace

std::string ApiReply::word(std::string_view key) const {
  const json::object* object = body.if_object();
  const json::value* value = object ? object->if_contains(key) : nullptr;
  return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

AdminApi::AdminApi(const Daemon& daemon)
    : daemon_(&daemon), token_(readText(daemon.folder() / "var" / "operator.token")) {
  while (token_.ends_with('\n')) token_.pop_back();
}

ApiReply AdminApi::ask(std::string_view method, std::string_view path, std::string_view body,
                       std::string_view type, std::string_view fields) const {
  std::string more = "Connection: close\r\n";
  if (!token_.empty()) more += "Authorization: Bearer " + token_ + "\r\n";
  if (!type.empty()) more.append("Content-Type: ").append(type).append("\r\n");
  more += fields;
  Client client(daemon_->adminPort());
  const Response response = client.ask(request(method, "127.0.0.1", path, body, more));
  ApiReply reply;
  reply.status = response.status;
  reply.text = response.body;
  reply.etag = response.field("etag");
  boost::system::error_code error;
  reply.body = json::parse(response.body, error);
  if (error) reply.body = nullptr;
  return reply;
}

std::string AdminApi::uploadBytes(std::string_view app, std::string_view bytes) const {
  const ApiReply reply = ask("POST", appPath(app, "/versions"), bytes, "application/wasm");
  if (reply.status != 200) require(reply, 201, "an upload");
  return reply.word("version");
}

std::string AdminApi::upload(std::string_view app, std::string_view guest) const {
  return uploadBytes(app, guestBytes(guest));
}

ApiReply AdminApi::deploy(std::string_view app, std::string_view version) const {
  return put(appPath(app, "/deployment"),
             "{\"split\":[{\"version\":\"" + std::string(version) + "\",\"weight\":1}]}");
}

std::string AdminApi::serve(std::string_view tenant, std::string_view app,
                            std::string_view guest) const {
  const std::string name = std::string(tenant) + "/" + std::string(app);
  const ApiReply made = put("/v1/tenants/" + std::string(tenant), "{}");
  if (made.status != 200) require(made, 201, "the tenant");
  require(put(appPath(name), "{\"routes\":[\"" + std::string(app) + ".test/*\"]}"), 201, "the app");
  const std::string version = upload(name, guest);
  require(deploy(name, version), 200, "the deployment");
  return version;
}

std::string appPath(std::string_view app, std::string_view rest) {
  const std::size_t slash = app.find('/');
  return "/v1/tenants/" + std::string(app.substr(0, slash)) + "/apps/" +
         std::string(app.substr(slash + 1)) + std::string(rest);
}

std::string guestBytes(std::string_view name) {
  return readText(guestFile(name));
}

}  // namespace skiff::e2e
