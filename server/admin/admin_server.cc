#include "server/admin/admin_server.h"

#include <pthread.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cassert>
#include <chrono>
#include <exception>
#include <thread>
#include <unordered_set>
#include <utility>

#include "server/admin/admin_session.h"

namespace skiff {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr std::chrono::milliseconds kAcceptPause{100};
constexpr std::chrono::milliseconds kPlacePause{2};
constexpr std::chrono::milliseconds kStopDeadline{2'000};

void tell(const std::exception_ptr& failed) {
  try {
    std::rethrow_exception(failed);
  } catch (const std::exception& error) {
    spdlog::error("a connection to the admin listener failed: {}", error.what());
  }
}

}  // namespace

/// The socket, the sessions and the thread that runs them. Its io_context runs dry, and the thread
/// ends, once the acceptor is closed and the last session has gone.
class AdminServer::Listener {
 public:
  Listener(const AdminHooks& hooks, Api* api, const AdminLimits& limits,
           std::shared_ptr<const AdminCertificate> certificate)
      : hooks_(hooks), limits_(limits), certificate_(std::move(certificate)) {
    if (api) gate_ = std::make_unique<ApiGate>(*api, limits.gate);
  }

  Result<std::uint16_t> listen(const ListenAddress& address, int socket);
  int descriptor() { return acceptor_.native_handle(); }
  void run();
  void stopSoon() {
    if (thread_.joinable()) asio::post(context_, [this] { beginStop(); });
  }
  void replaceCertificate(std::shared_ptr<const AdminCertificate> certificate);
  void finishSoon(std::chrono::milliseconds idle, std::function<void()> finished) {
    asio::post(context_, [this, idle, finished = std::move(finished)]() mutable {
      finished_ = std::move(finished);
      beginFinish(idle);
    });
  }
  void stop();

 private:
  void serve();
  void accept();
  asio::awaitable<void> acceptSessions();
  void startSession(tcp::socket socket);
  bool hasPlaceForStranger();
  void closeAcceptor();
  void beginFinish(std::chrono::milliseconds idle);
  void beginStop();
  void endStop();

  const AdminHooks& hooks_;
  const AdminLimits limits_;
  std::shared_ptr<const AdminCertificate> certificate_;
  std::unique_ptr<ApiGate> gate_;  // before the sessions, which give back what they took of it
  asio::io_context context_{1};
  tcp::acceptor acceptor_{context_};
  asio::steady_timer pause_{context_};         ///< before the next accept
  asio::steady_timer stopDeadline_{context_};  ///< armed while stopping
  std::unordered_set<std::shared_ptr<AdminSession>> sessions_;
  std::function<void()> finished_;
  bool finishing_ = false;  ///< accepts nothing more, but serves who is there
  bool stopping_ = false;
  std::thread thread_;
};

Result<std::uint16_t> AdminServer::Listener::listen(const ListenAddress& address, int socket) {
  try {
    const tcp::endpoint endpoint(asio::ip::make_address(address.host), address.port);
    if (socket >= 0) {
      acceptor_.assign(endpoint.protocol(), socket);
      return acceptor_.local_endpoint().port();
    }
    acceptor_.open(endpoint.protocol());
    acceptor_.set_option(tcp::acceptor::reuse_address(true));
    acceptor_.bind(endpoint);
    acceptor_.listen();
    return acceptor_.local_endpoint().port();
  } catch (const boost::system::system_error& error) {
    return Error{"cannot listen on admin address " + address.text() + ": " +
                 error.code().message() + "; set [admin] listen to another address"};
  }
}

void AdminServer::Listener::run() {
  accept();
  thread_ = std::thread([this] { serve(); });
}

/// No memory, or a bug that nothing else caught: what it was about is lost, the others are not.
void AdminServer::Listener::serve() {
  ::pthread_setname_np(::pthread_self(), "admin");
  while (true) {
    try {
      context_.run();
      if (finished_) finished_();
      return;
    } catch (const std::exception& error) {
      spdlog::critical("the admin listener failed: {}", error.what());
    }
  }
}

void AdminServer::Listener::accept() {
  asio::co_spawn(context_, acceptSessions(), [this](std::exception_ptr failed) {
    if (!failed) return;
    pause_.expires_after(kAcceptPause);
    pause_.async_wait([this](const error_code& error) {
      if (!error && !stopping_ && !finishing_) accept();
    });
    tell(failed);
  });
}

void AdminServer::Listener::replaceCertificate(
    std::shared_ptr<const AdminCertificate> certificate) {
  asio::post(context_, [this, certificate = std::move(certificate)]() mutable {
    certificate_ = std::move(certificate);
  });
}

void AdminServer::Listener::stop() {
  if (!thread_.joinable()) return;
  stopSoon();
  if (gate_) gate_->api().cancel();
  thread_.join();
  if (gate_) gate_->stop();
}

asio::awaitable<void> AdminServer::Listener::acceptSessions() {
  while (!stopping_ && !finishing_) {
    auto [error, socket] = co_await acceptor_.async_accept(kAwait);
    if (stopping_ || (error && finishing_)) break;
    if (error) {
      // Out of file descriptors, or the like: trying again at once would only burn CPU time.
      pause_.expires_after(kAcceptPause);
      co_await pause_.async_wait(kAwait);
      continue;
    }
    // Only look-ups of tokens are not given up for a place, and they are brief: so it waits for one
    // to be done, and whoever comes next waits behind it.
    while (!hasPlaceForStranger() && !stopping_) {
      pause_.expires_after(kPlacePause);
      co_await pause_.async_wait(kAwait);
    }
    if (!stopping_) startSession(std::move(socket));
  }
}

/// Makes the place, if need be: whoever holds all of them shall not keep an operator out. Those who
/// have shown a token are counted by the gate.
bool AdminServer::Listener::hasPlaceForStranger() {
  using Stage = AdminSession::Stage;
  std::size_t strangers = 0;
  AdminSession* least = nullptr;
  for (const auto& session : sessions_) {
    if (session->stage() >= Stage::trusted) continue;
    ++strangers;
    // A look-up is over soon, and may be an operator's.
    if (session->stage() == Stage::asks) continue;
    const auto rank = [](const AdminSession& one) { return std::pair(one.stage(), one.since()); };
    if (!least || rank(*session) < rank(*least)) least = session.get();
  }
  if (strangers < limits_.strangers) return true;
  if (!least) return false;
  least->abort();
  return true;
}

void AdminServer::Listener::startSession(tcp::socket socket) {
  auto session = std::make_shared<AdminSession>(std::move(socket), certificate_, hooks_,
                                                gate_.get(), limits_.session);
  sessions_.insert(session);
  if (finishing_) session->finish();
  asio::co_spawn(context_, session->run(), [this, session](std::exception_ptr failed) {
    sessions_.erase(session);
    if ((stopping_ || finishing_) && sessions_.empty()) endStop();
    if (failed) tell(failed);
  });
}

/// Not close(): another process may have the socket too, and epoll would go on to report it.
void AdminServer::Listener::closeAcceptor() {
  pause_.cancel();
  if (!acceptor_.is_open()) return;
  error_code failed;
  const int socket = acceptor_.release(failed);
  if (!failed) ::close(socket);
}

void AdminServer::Listener::beginFinish(std::chrono::milliseconds idle) {
  finishing_ = true;
  closeAcceptor();
  for (const auto& session : sessions_) session->finish();
  if (sessions_.empty()) return;
  stopDeadline_.expires_after(idle);
  stopDeadline_.async_wait([this](const error_code& error) {
    if (!error) beginStop();
  });
}

void AdminServer::Listener::beginStop() {
  stopping_ = true;
  closeAcceptor();
  for (const auto& session : sessions_) session->stop();
  if (sessions_.empty()) return;
  stopDeadline_.expires_after(kStopDeadline);
  stopDeadline_.async_wait([this](const error_code& error) {
    if (error) return;
    for (const auto& session : sessions_) session->abort();
  });
}

void AdminServer::Listener::endStop() {
  stopDeadline_.cancel();
}

AdminServer::AdminServer(AdminHooks hooks, ListenAddress address, Api* api, AdminLimits limits,
                         std::shared_ptr<const AdminCertificate> certificate)
    : hooks_(std::move(hooks)),
      address_(std::move(address)),
      api_(api),
      limits_(limits),
      certificate_(std::move(certificate)) {}

AdminServer::~AdminServer() {
  stop();
}

Result<void> AdminServer::start(int socket) {
  assert(!listener_);
  if (!address_.isLoopback() && !certificate_) {
    return Error{"admin address " + address_.text() +
                 " is not a loopback address, and there is no TLS; set certificate and key in "
                 "[admin], or set [admin] listen to an address such as 127.0.0.1:9090"};
  }
  auto listener = std::make_unique<Listener>(hooks_, api_, limits_, certificate_);
  const Result<std::uint16_t> port = listener->listen(address_, socket);
  if (!port) return port.error();
  descriptor_ = listener->descriptor();
  port_ = *port;
  listener_ = std::move(listener);
  listener_->run();
  return {};
}

void AdminServer::finish(std::chrono::milliseconds idle, std::function<void()> finished) {
  listener_->finishSoon(idle, std::move(finished));
}

void AdminServer::replaceCertificate(std::shared_ptr<const AdminCertificate> certificate) {
  listener_->replaceCertificate(std::move(certificate));
}

void AdminServer::stop() {
  if (listener_) listener_->stop();
}

}  // namespace skiff
