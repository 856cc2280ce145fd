#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace skiff::cli {

/// What a client asked.
struct Asked {
  std::string method;
  std::string target;
  std::map<std::string, std::string> fields;  ///< names in lower case
  std::string body;

  std::string line() const { return method + " " + target; }
  std::string field(const std::string& name) const {
    const auto found = fields.find(name);
    return found == fields.end() ? std::string() : found->second;
  }
};

/// An HTTP server on a free port of 127.0.0.1 that notes what it is asked and answers as it is
/// told: any bytes, after which it closes the connection. Connections are served one after another
/// on a thread of its own.
class ScriptedServer {
 public:
  using Handler = std::function<std::string(const Asked&)>;

  ScriptedServer();
  ~ScriptedServer();
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  /// From now on answers that request ("GET /v1/status") so. Others get a 404 problem.
  void on(const std::string& line, Handler handler);
  void on(const std::string& line, std::string answer) {
    on(line, [answer = std::move(answer)](const Asked&) { return answer; });
  }
  /// Answers the first time, the second time, …; the last one again and again.
  void on(const std::string& line, std::vector<std::string> answers);

  std::uint16_t port() const { return port_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  /// So far, in their order.
  std::vector<Asked> asked() const;
  /// Their lines.
  std::vector<std::string> lines() const;
  /// The last one of that line; empty if there was none.
  Asked last(const std::string& line) const;

 private:
  void run();
  void serve(int connection);

  int listener_ = -1;
  int stop_ = -1;  ///< eventfd
  std::uint16_t port_ = 0;
  mutable std::mutex mutex_;
  std::map<std::string, Handler> handlers_;
  std::vector<Asked> asked_;
  std::thread thread_;
};

/// Whole answers.
std::string answer(unsigned status, std::string_view body,
                   std::string_view contentType = "application/json", std::string_view fields = {});
std::string problem(unsigned status, std::string_view code, std::string_view detail,
                    std::string_view more = {});
/// An event stream that ends when the connection does.
std::string eventStream(std::string_view events);

}  // namespace skiff::cli
