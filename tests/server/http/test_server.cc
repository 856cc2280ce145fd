#include "tests/server/http/test_server.h"

#include <array>
#include <span>
#include <stdexcept>

#include "server/tls/certificate.h"

namespace skiff {

TestServer::TestServer(Answer answer, HttpLimits limits, TlsServer* tls)
    : answer_(std::move(answer)),
      work_(context_.get_executor()),
      ledger_(limits.maxConnections, limits.connectionsPerAddress),
      frontEnd_(std::make_unique<HttpFrontEnd>(context_, limits, ledger_,
                                               static_cast<RequestHandler&>(*this))) {
  auto socket = ListenSocket::open({"127.0.0.1", 0});
  if (!socket) throw std::runtime_error(socket.error().message);
  port_ = socket->address().port;
  frontEnd_->listen(std::move(*socket), tls);
  thread_ = std::thread([this] { context_.run(); });
}

TestServer::~TestServer() {
  boost::asio::post(context_, [this] {
    frontEnd_->stopAccepting();
    frontEnd_->abortAll();
    context_.stop();
  });
  thread_.join();
  frontEnd_.reset();
}

void TestServer::add(Report report) {
  const std::scoped_lock lock(mutex_);
  reports_.push_back(std::move(report));
  changed_.notify_all();
}

void TestServer::onFinished(HttpExchange& exchange) {
  Report report;
  report.status = exchange.statusSent();
  report.reason = exchange.reason();
  report.detail = exchange.detail();
  report.target = exchange.request().target;
  report.requestId = exchange.requestId();
  report.received = exchange.bytesReceived();
  report.sent = exchange.bytesSent();
  add(std::move(report));
}

void TestServer::onRefused(const RefusedRequest& request) {
  Report report;
  report.status = request.status;
  report.reason = request.reason;
  report.detail = request.detail;
  report.target = request.target;
  report.requestId = request.requestId;
  report.received = request.bytesReceived;
  report.sent = request.bytesSent;
  report.refused = true;
  add(std::move(report));
}

void TestServer::onHandshake(TlsVersion version, HandshakeOutcome outcome) {
  const std::scoped_lock lock(mutex_);
  handshakes_.push_back({version, outcome});
  changed_.notify_all();
}

std::vector<Handshake> TestServer::handshakes(std::size_t count) {
  std::unique_lock lock(mutex_);
  if (!changed_.wait_for(lock, std::chrono::seconds(10),
                         [&] { return handshakes_.size() >= count; })) {
    throw std::runtime_error("fewer handshakes have ended than expected");
  }
  return handshakes_;
}

void TestServer::onHostNamed(std::string_view host, const Certificate& certificate) {
  const std::scoped_lock lock(mutex_);
  hostsNamed_.push_back(std::string(host) + " " + certificate.hosts().front());
  changed_.notify_all();
}

std::vector<std::string> TestServer::hostsNamed(std::size_t count) {
  std::unique_lock lock(mutex_);
  if (!changed_.wait_for(lock, std::chrono::seconds(10),
                         [&] { return hostsNamed_.size() >= count; })) {
    throw std::runtime_error("fewer hosts were named than expected");
  }
  return hostsNamed_;
}

void TestServer::onDrained() {
  const std::scoped_lock lock(mutex_);
  drained_ = true;
  changed_.notify_all();
}

std::vector<Report> TestServer::reports(std::size_t count) {
  std::unique_lock lock(mutex_);
  if (!changed_.wait_for(lock, std::chrono::seconds(10),
                         [&] { return reports_.size() >= count; })) {
    throw std::runtime_error("fewer requests have ended than expected");
  }
  return reports_;
}

void TestServer::awaitDrained() {
  std::unique_lock lock(mutex_);
  if (!changed_.wait_for(lock, std::chrono::seconds(10), [&] { return drained_; })) {
    throw std::runtime_error("the server does not become empty");
  }
}

void drain(TestServer& server) {
  server.inServer([&] { server.frontEnd_->drain(&server); });
}

void Script::run(HttpExchange& exchange, Step step, std::function<void(Reason)> onAbandoned) {
  Script& script = exchange.attach<Script>(exchange, std::move(step), std::move(onAbandoned));
  exchange.setListener(&script);
  script.onReady();
}

void echo(HttpExchange& exchange) {
  struct State {
    std::array<std::byte, 8000> chunk;
    std::size_t begin = 0;
    std::size_t end = 0;
  };
  Script::run(exchange, [state = std::make_shared<State>()](HttpExchange& now) {
    while (true) {
      while (state->begin < state->end) {
        const std::size_t taken = now.writeResponseBody(
            std::span(state->chunk).subspan(state->begin, state->end - state->begin));
        if (taken == 0) {
          now.waitFor(kWaitResponseRoom);
          return;
        }
        state->begin += taken;
      }
      const BodyRead read = now.readRequestBody(state->chunk);
      if (read.wouldBlock()) {
        now.flush();
        now.waitFor(kWaitRequestBody);
        return;
      }
      state->begin = 0;
      state->end = read.size;
      if (read.size == 0) {
        now.finish();
        return;
      }
    }
  });
}

void write(HttpExchange& exchange, std::string_view text) {
  exchange.writeResponseBody(std::as_bytes(std::span(text.data(), text.size())));
}

}  // namespace skiff
