#include "bench/compare/catalogue.h"
#include "bench/compare/nginx.h"
#include "bench/compare/origin.h"
#include "bench/compare/skiffd.h"
#include "bench/compare/workerd.h"

namespace skiff::bench {
namespace {

constexpr std::size_t kStreamed = 1 << 20;

/// nginx in front of the origin, which passes bodies on as they come, with connections that stay.
std::unique_ptr<Peer> nginxBefore(const Places& places, const Origin& origin,
                                  const std::string& fields) {
  return std::make_unique<Nginx>(
      places, "upstream origin { server 127.0.0.1:" + std::to_string(origin.port()) +
                  "; keepalive 256; keepalive_requests 1000000000; }\n"
                  "server { listen PORT; client_max_body_size 0; location / {\n"
                  "  proxy_pass http://origin; proxy_http_version 1.1;\n"
                  "  proxy_set_header Connection \"\"; proxy_request_buffering off;\n"
                  "  proxy_max_temp_file_size 0;\n" +
                  fields + "} }");
}

std::string randomBytes(std::size_t size) {
  std::string bytes(size, '\0');
  std::uint32_t state = 1;  // any sequence that does not compress will do
  for (char& byte : bytes) {
    state = state * 1664525 + 1013904223;
    byte = static_cast<char>(state >> 24);
  }
  return bytes;
}

}  // namespace

Workload stream(const Places& places) {
  const std::filesystem::path guest = places.guests / "echo.wasm";
  const auto origin = std::make_shared<Origin>();
  Workload workload;
  workload.name = "stream";
  workload.shows =
      "What bytes cost: 1 MiB up and the same down, through a guest's memory, beside nginx that "
      "passes them to an origin and back.";
  LoadRequest request{"stream.test"};
  request.method = "POST";
  request.body = randomBytes(kStreamed);
  workload.load.requests = {request};
  workload.load.connections = 8;
  workload.contestants = {
      {"nginx, proxying", [=] { return nginxBefore(places, *origin, ""); }},
      {"skiff",
       [=] {
         return std::make_unique<Skiffd>(places, SkiffSettings{{{"stream", guest}}});
       }},
      {"workerd, JavaScript",
       [=] {
         return std::make_unique<Workerd>(places, WorkerdSettings{{{"echo", "echo", {}, {}}}});
       }},
  };
  workload.aims = {{"requests per second, of nginx's proxying", Metric::requestsPerSecond, "skiff",
                    "nginx, proxying", Bound::atLeast, 0.5}};
  return workload;
}

Workload handler(const Places& places) {
  const std::filesystem::path guest = places.guests / "headers.wasm";
  const auto origin = std::make_shared<Origin>();
  const std::string address = "127.0.0.1:" + std::to_string(origin->port());
  Workload workload;
  workload.name = "handler";
  workload.shows =
      "What a guest in front of an origin costs: fields added to the request and to the answer, "
      "beside nginx that adds the same.";
  workload.load.requests = {{"handler.test"}};
  workload.contestants = {
      {"nginx, proxying",
       [=] {
         return nginxBefore(places, *origin,
                            "  proxy_set_header X-Forwarded-For $remote_addr;\n"
                            "  proxy_set_header X-Guest nginx;\n"
                            "  add_header X-Served-Through nginx;\n");
       }},
      {"skiff",
       [=] {
         return std::make_unique<Skiffd>(
             places, SkiffSettings{{{"handler", guest, "origin = \"http://" + address + "\""}}});
       }},
      {"workerd, JavaScript",
       [=] {
         return std::make_unique<Workerd>(
             places,
             WorkerdSettings{
                 {{"proxy", "proxy", {}, {"(name = \"ORIGIN\", service = \"origin\")"}}},
                 {"(name = \"origin\", external = (address = \"" + address + "\", http = ()))"}});
       }},
  };
  return workload;
}

}  // namespace skiff::bench
