// Whatever is asked of the admin API by an operator, with whatever body: the answer is one that can
// be sent, says what is wrong in JSON, and is never that the server failed; what was accepted can
// be read back. The input is requests with the byte 1e between: a line "METHOD TARGET TYPE
// IF-MATCH", of which the last two may be missing, then the body.

#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "deploy/blobs/blob_store.h"
#include "deploy/catalog/catalog.h"
#include "isolate/header_list.h"
#include "server/api/api.h"
#include "server/api/operations.h"
#include "server/api/tokens.h"
#include "tests/server/api/scripted_images.h"
#include "tests/server/api/scripted_runtime.h"

namespace {

using namespace skiff;
namespace fs = std::filesystem;
namespace json = boost::json;

void require(bool holds) {
  if (!holds) std::abort();
}

/// The API over a catalog and a store in memory, where the machine has such a file system.
class Session {
 public:
  /// So that what has gathered does not make the next inputs slow.
  static constexpr int kInputs = 200;

  Session() {
    const bool memory = ::access("/dev/shm", W_OK) == 0;
    std::string pattern =
        ((memory ? fs::path("/dev/shm") : fs::temp_directory_path()) / "skiff-fuzz-XXXXXX")
            .string();
    require(::mkdtemp(pattern.data()) != nullptr);
    folder_ = pattern;
    auto catalog = openCatalog(folder_ / "catalog.db", folder_ / "secrets.key",
                               [] { return std::chrono::system_clock::now(); });
    if (catalog.has_error()) std::cerr << catalog.error().message << '\n';
    require(catalog.has_value());
    catalog_ = *std::move(catalog);
    auto blobs = BlobStore::open(folder_ / "blobs", 64_MiB);
    require(blobs.has_value());
    blobs_ = *std::move(blobs);
    operations_.emplace(Operations::Parts{.catalog = *catalog_,
                                          .blobs = *blobs_,
                                          .runtime = runtime_,
                                          .images = &images_,
                                          .serverLimits = [] { return Limits{}; }});
    api_.emplace(*operations_, Api::Info{.engine = "V8", .notReady = {}});
    require(ensureOperatorToken(*catalog_, folder_ / "operator.token").has_value());
    std::getline(std::ifstream(folder_ / "operator.token"), token_);
    require(ask("PUT", "/v1/tenants/t", "application/json", "", "{}").status == 201);
    const auto app = R"({"routes":["a.test/*"]})";
    require(ask("PUT", "/v1/tenants/t/apps/a", "application/json", "", app).status == 201);
    require(ask("POST", "/v1/tenants/t/apps/a/versions", "application/wasm", "", "module").status <
            300);
  }
  ~Session() {
    api_.reset();
    operations_.reset();
    blobs_.reset();
    catalog_.reset();
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  ApiAnswer ask(std::string_view method, std::string_view target, std::string_view type,
                std::string_view ifMatch, std::string_view body) {
    ApiHead head;
    head.method = method;
    head.target = target;
    head.authorization = "Bearer " + token_;
    head.contentType = type;
    head.ifMatch = ifMatch;
    head.hasBody = !body.empty();
    head.contentLength = body.size();
    auto opened = api_->open(std::move(head));
    if (auto* refused = std::get_if<ApiAnswer>(&opened)) return std::move(*refused);
    ApiCall& call = *std::get<std::unique_ptr<ApiCall>>(opened);
    // Longer bodies are the listener's to refuse; streams have no bodies.
    if (body.size() > call.maxBody() || call.streams()) return {.status = 204};
    return call.run(std::string(body), nullptr);
  }

 private:
  fs::path folder_;
  testing::ScriptedRuntime runtime_;
  testing::ScriptedImages images_;
  std::unique_ptr<Catalog> catalog_;
  std::unique_ptr<BlobStore> blobs_;
  std::optional<Operations> operations_;
  std::optional<Api> api_;
  std::string token_;
};

std::string_view nextPart(std::string_view& text, char end) {
  const std::size_t at = std::min(text.find(end), text.size());
  const std::string_view part = text.substr(0, at);
  text.remove_prefix(std::min(at + 1, text.size()));
  return part;
}

void check(const ApiAnswer& answer) {
  require(answer.status >= 200 && answer.status <= 599 && answer.status != 500);
  for (const auto& [name, value] : answer.fields) {
    require(isHttpToken(name) && isFieldValue(value));
  }
  if (answer.contentType.find("json") == std::string_view::npos) return;
  json::error_code error;
  const json::value document = json::parse(answer.body, error);
  require(!error);
  if (answer.status < 400) return;
  require(document.as_object().contains("detail"));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static std::optional<Session> session;
  static int inputs = 0;
  if (inputs++ % Session::kInputs == 0) {
    session.reset();
    session.emplace();
  }
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  for (int requests = 0; !rest.empty() && requests < 8; ++requests) {
    std::string_view body = nextPart(rest, '\x1e');
    std::string_view line = nextPart(body, '\n');
    const std::string_view method = nextPart(line, ' ');
    const std::string_view target = nextPart(line, ' ');
    const std::string_view type = line.empty() ? "application/json" : nextPart(line, ' ');
    const ApiAnswer answer = session->ask(method, target, type, line, body);
    check(answer);
    const bool isDocument = target.find('?') == target.npos && !target.ends_with("/deployment") &&
                            target.find("/secrets/") == target.npos;
    if (method == "PUT" && isDocument && (answer.status == 200 || answer.status == 201)) {
      const ApiAnswer read = session->ask("GET", target, "", "", "");
      check(read);
      require(read.status == 200);
    }
  }
  return 0;
}
