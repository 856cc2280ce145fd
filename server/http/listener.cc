#include "server/http/listener.h"

#include <spdlog/spdlog.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/asio/error.hpp>
#include <cerrno>
#include <memory>
#include <memory_resource>
#include <new>
#include <system_error>
#include <utility>

#include "server/http/connection.h"
#include "server/http/endpoint_text.h"
#include "server/http/problem.h"
#include "server/http/response_head.h"

namespace skiff {
namespace {

constexpr std::chrono::milliseconds kPause{100};
/// How often the log is told that it goes on like that.
constexpr std::chrono::minutes kTellEvery{1};
/// Accepted in a row before the rest of the loop gets its turn.
constexpr int kInTurn = 16;

/// Errors that concern the one connection that was to be accepted (accept(2)).
bool concernsOneConnection(int error) {
  switch (error) {
    case ECONNABORTED:
    case EPROTO:
    case ENETDOWN:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case ENONET:
    case EHOSTUNREACH:
    case EOPNOTSUPP:
    case ENETUNREACH:
    case EPERM:
    case EINTR:
      return true;
    default:
      return false;
  }
}

boost::asio::ip::tcp protocolOf(const ListenAddress& address) {
  return address.host.find(':') == std::string::npos ? boost::asio::ip::tcp::v4()
                                                     : boost::asio::ip::tcp::v6();
}

}  // namespace

Listener::Listener(ShardState& shard, ListenSocket socket, TlsServer* tls)
    : shard_(shard),
      tls_(tls),
      address_(socket.address().text()),
      acceptor_(shard.context, protocolOf(socket.address()), socket.release()),
      pause_(shard.context) {
  acceptor_.native_non_blocking(true);
}

/// Another descriptor of the same socket may stay open, here or in another process. Then epoll
/// would go on to report it: only release() has it taken out.
void Listener::stop() {
  pause_.cancel();
  if (!acceptor_.is_open()) return;
  boost::system::error_code error;
  const int descriptor = acceptor_.release(error);
  if (error) {
    acceptor_.close(error);
  } else {
    ::close(descriptor);
  }
}

void Listener::finish() {
  if (acceptor_.is_open()) take(SOMAXCONN);
  stop();
}

void Listener::accept() {
  acceptor_.async_wait(boost::asio::socket_base::wait_read,
                       [this](const boost::system::error_code& error) {
                         // When stopped, this listener may be gone.
                         if (error != boost::asio::error::operation_aborted) takeWaiting();
                       });
}

/// Whatever happens, somebody is to look again.
void Listener::takeWaiting() {
  int error = 0;
  try {
    if (take(kInTurn) == Taken::failed) error = errno;
  } catch (const std::bad_alloc&) {
    error = ENOMEM;  // the one that was accepted is closed
  }
  if (error != 0) return pause(error);
  if (std::exchange(failing_, false)) spdlog::info("{}: accepts connections again", address_);
  if (acceptor_.is_open()) accept();
}

/// Directly: it saves what asio would ask the system for each socket that it is to watch.
Listener::Taken Listener::take(int most) {
  for (int i = 0; i < most && acceptor_.is_open(); ++i) {
    auto size = static_cast<socklen_t>(peer_.capacity());
    const int descriptor =
        ::accept4(acceptor_.native_handle(), peer_.data(), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (descriptor >= 0) {
      ClientSocket socket(descriptor);
      peer_.resize(size);
      admit(std::move(socket));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      return Taken::all;
    } else if (!concernsOneConnection(errno)) {
      return Taken::failed;
    }
  }
  return Taken::some;
}

void Listener::pause(int error) {
  const auto now = std::chrono::steady_clock::now();
  // It may come and go, where few are to be had.
  if (!told_ || now - *told_ >= kTellEvery) {
    failing_ = true;
    told_ = now;
    spdlog::error(
        "{}: cannot accept connections: {}; trying again each {} ms, those that wait are "
        "served then{}",
        address_, std::generic_category().message(error), kPause.count(),
        error == EMFILE ? "; raise the limit of open files (LimitNOFILE of the unit)" : "");
  }
  pause_.expires_after(kPause);
  pause_.async_wait([this](const boost::system::error_code& cancelled) {
    if (!cancelled) accept();
  });
}

void Listener::admit(ClientSocket socket) {
  const ClientAddress address = clientAddress(peer_);
  const ConnectionLedger::Verdict verdict = shard_.ledger.enter(address);
  if (verdict != ConnectionLedger::Verdict::admitted) {
    turnAway(std::move(socket), verdict);
    return;
  }
  shard_.add(std::make_unique<Connection>(shard_, std::move(socket), peer_,
                                          LedgerPlace(shard_.ledger, address), tls_));
}

/// Answers without reading, as far as the socket takes it at once, and closes. No handshake is made
/// for it.
void Listener::turnAway(ClientSocket socket, ConnectionLedger::Verdict verdict) {
  RefusedRequest refused;
  refused.reason = Reason::overloaded;
  refused.status = reasonStatus(refused.reason);
  refused.detail = verdict == ConnectionLedger::Verdict::tooMany
                       ? "the server has too many connections"
                       : "there are too many connections from this address";
  refused.startTime = std::chrono::steady_clock::now();
  const RequestIds::Text id = shard_.requestIds.text(shard_.requestIds.next());
  refused.requestId = {id.data(), id.size()};
  const std::string source = endpointText(peer_);
  refused.sourceAddress = source;
  refused.serverAddress = address_;

  std::array<std::byte, 1024> memory;
  std::pmr::monotonic_buffer_resource resource(memory.data(), memory.size());
  ResponseHead head(resource);
  const std::string answer =
      problemMessage(head, {refused.reason, refused.status, refused.detail, refused.requestId},
                     HeadOnly::no, shard_.date.at(std::time(nullptr)));
  if (tls_ == nullptr) {
    const ssize_t sent = socket.send({answer, {}});
    refused.bytesSent = sent > 0 ? static_cast<std::uint64_t>(sent) : 0;
    socket.shutDownSending();
  }
  shard_.handler.onRefused(refused);
}

}  // namespace skiff
