#include <boost/json/parse.hpp>
#include <stdexcept>
#include <thread>

#include "bench/compare/affinity.h"
#include "bench/compare/catalogue.h"
#include "bench/compare/skiffd.h"
#include "bench/compare/text.h"
#include "tests/e2e/client.h"

namespace skiff::bench {
namespace {

constexpr std::string_view kApp = "/v1/tenants/storm/apps/web";

/// Deploys one new version after the other, on a thread of its own, on the load's processor; what
/// the daemon does for them it does where it serves.
class Storm : public Beside {
 public:
  Storm(const Places& places, Skiffd& skiffd)
      : port_(skiffd.adminPort()),
        token_(bytesOf(skiffd.dataFolder() / "operator.token")),
        module_(bytesOf(places.guests / "hello_wat.wasm")) {
    token_ = token_.substr(0, token_.find('\n'));
    ask("PUT", "/v1/tenants/storm", "{}");
    ask("PUT", kApp, R"({"routes":["storm.test/*"]})");
    const OnProcessor pinned(kLoadProcessor);
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
  }

  void finish(Run& run) override {
    thread_.request_stop();
    thread_.join();
    if (!failure_.empty()) throw std::runtime_error("a deployment failed: " + failure_);
    const std::chrono::duration<double> time = std::chrono::steady_clock::now() - begin_;
    run.deploysPerSecond = static_cast<double>(deploys_) / time.count();
  }

 private:
  void run(const std::stop_token& stop) try {
    const auto first = std::chrono::steady_clock::now().time_since_epoch().count();
    for (; !stop.stop_requested(); ++deploys_) {
      // 15 bytes that no version had before.
      std::string text = std::to_string(first + static_cast<std::int64_t>(deploys_));
      text = text.substr(text.size() > 15 ? text.size() - 15 : 0);
      text.insert(0, 15 - text.size(), '0');
      const std::string version =
          ask("POST", std::string(kApp) + "/versions", replaced(module_, "Hello from wasm", text),
              "application/wasm");
      const std::string name(boost::json::parse(version).at("version").as_string());
      ask("PUT", std::string(kApp) + "/deployment",
          R"({"split":[{"version":")" + name + R"(","weight":1}]})");
    }
  } catch (const std::exception& error) {
    failure_ = error.what();
  }

  std::string ask(std::string_view method, std::string_view path, std::string_view body,
                  std::string_view type = "application/json") const {
    e2e::Client client(port_);
    const e2e::Response response =
        client.ask(e2e::request(method, "127.0.0.1", path, body,
                                "Connection: close\r\nAuthorization: Bearer " + token_ +
                                    "\r\nContent-Type: " + std::string(type) + "\r\n"));
    if (response.status >= 300) {
      throw std::runtime_error(std::string(path) + " is answered with " +
                               std::to_string(response.status) + ": " + response.body);
    }
    return response.body;
  }

  const std::uint16_t port_;
  std::string token_;
  const std::string module_;
  const std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  std::uint64_t deploys_ = 0;  ///< the thread's, until it has ended
  std::string failure_;        ///< likewise
  std::jthread thread_;
};

}  // namespace

Workload deployStorm(const Places& places) {
  const std::filesystem::path guest = places.guests / "hello_wat.wasm";
  const auto start = [=] {
    return std::make_unique<Skiffd>(places, SkiffSettings{{{"hello", guest}}});
  };
  Workload workload;
  workload.name = "deploy-storm";
  workload.shows =
      "What deploying costs those who are served: hello, while another tenant's new versions are "
      "uploaded, compiled and deployed one after the other, on the same processor.";
  workload.load.requests = {{"hello.test"}};
  workload.contestants = {
      {"skiff, quiet", start},
      {"skiff, deploying", start,
       [places](Peer& peer) {
         return std::make_unique<Storm>(places, dynamic_cast<Skiffd&>(peer));
       }},
  };
  return workload;
}

}  // namespace skiff::bench
