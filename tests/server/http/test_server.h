#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "server/http/exchange.h"
#include "server/http/front_end.h"

namespace skiff {

/// What the handler was told about one request at its end.
struct Report {
  int status = 0;
  Reason reason = Reason::none;
  std::string detail;
  std::string target;
  std::string requestId;
  std::uint64_t received = 0;
  std::uint64_t sent = 0;
  bool refused = false;  ///< by onRefused
};

/// What the handler was told about a client's TLS handshake.
struct Handshake {
  TlsVersion version;
  HandshakeOutcome outcome;
  bool operator==(const Handshake&) const = default;
};

/// A front end on a free port of its own, in a thread of its own, with a handler that runs what the
/// test says.
class TestServer final : private RequestHandler, private DrainListener {
 public:
  using Answer = std::function<void(HttpExchange&)>;

  /// With `tls`, that is what it speaks.
  explicit TestServer(Answer answer, HttpLimits limits = {}, TlsServer* tls = nullptr);
  ~TestServer();

  std::uint16_t port() const { return port_; }

  /// Runs in the server's thread and waits for it.
  template <class Function>
  auto inServer(Function function) {
    std::packaged_task<decltype(function())()> task(std::move(function));
    auto result = task.get_future();
    boost::asio::post(context_, [&task] { task(); });
    return result.get();
  }
  HttpFrontEnd& frontEnd() { return *frontEnd_; }  ///< inServer() only

  /// Waits until so many requests have ended; all that have.
  std::vector<Report> reports(std::size_t count);
  /// The same of TLS handshakes.
  std::vector<Handshake> handshakes(std::size_t count);
  /// The same of hosts that clients have named, each with the first host of the certificate that
  /// was shown.
  std::vector<std::string> hostsNamed(std::size_t count);
  void awaitDrained();

 private:
  void onRequest(HttpExchange& exchange) override { answer_(exchange); }
  void onFinished(HttpExchange& exchange) override;
  void onRefused(const RefusedRequest& request) override;
  void onHandshake(TlsVersion version, HandshakeOutcome outcome) override;
  void onHostNamed(std::string_view host, const Certificate& certificate) override;
  void onDrained() override;
  void add(Report report);

  friend void drain(TestServer& server);

  Answer answer_;
  boost::asio::io_context context_{2};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  ConnectionLedger ledger_;
  std::unique_ptr<HttpFrontEnd> frontEnd_;
  std::uint16_t port_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Report> reports_;
  std::vector<Handshake> handshakes_;
  std::vector<std::string> hostsNamed_;
  bool drained_ = false;
  std::thread thread_;
};

/// Begins to drain; awaitDrained() tells when it is done.
void drain(TestServer& server);

/// A guest in the shape of a function that is called again whenever something may have happened.
class Script : public Attachment, public ExchangeListener {
 public:
  using Step = std::function<void(HttpExchange&)>;

  /// `step` is called at once, and at each onReady().
  static void run(HttpExchange& exchange, Step step,
                  std::function<void(Reason)> onAbandoned = nullptr);

  Script(HttpExchange& exchange, Step step, std::function<void(Reason)> onAbandoned)
      : exchange_(exchange), step_(std::move(step)), abandoned_(std::move(onAbandoned)) {}

  void onReady() override { step_(exchange_); }
  void onAbandoned(Reason reason) override {
    if (abandoned_) abandoned_(reason);
  }

 private:
  HttpExchange& exchange_;
  Step step_;
  std::function<void(Reason)> abandoned_;
};

/// Sends the request's body back as it comes, waiting wherever it must.
void echo(HttpExchange& exchange);

/// Writes it all. REQUIRES: there is room.
void write(HttpExchange& exchange, std::string_view text);

/// Waits for a value from another thread; a test that waits in vain fails after ten seconds.
template <class T>
T await(std::future<T> future) {
  if (future.wait_for(std::chrono::seconds(10)) != std::future_status::ready) {
    throw std::runtime_error("waited in vain");
  }
  return future.get();
}

}  // namespace skiff
