#include "tests/server/http/wire_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <span>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace skiff {
namespace {

using std::chrono::steady_clock;

[[noreturn]] void raise(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

sockaddr_in loopback(std::uint16_t port, std::uint32_t machine = 0) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK + machine);
  address.sin_port = htons(port);
  return address;
}

bool wouldBlock() {
  return errno == EAGAIN || errno == EWOULDBLOCK;
}

std::string headText(const RequestHead& head) {
  std::string text;
  text.append(head.method).append(" ").append(head.target).append(" ").append(head.host);
  for (const Header& field : head.headers) {
    if (equalsIgnoringCase(field.name, "Content-Length")) continue;
    if (equalsIgnoringCase(field.name, "Host") && field.value == head.host) continue;
    text.append(" ").append(field.name).append("=").append(field.value);
  }
  return text;
}

}  // namespace

class WireServer::Guest final : public Attachment, public ExchangeListener {
 public:
  Guest(HttpExchange& exchange, Handling handling, const Answer& answer)
      : exchange_(exchange),
        handling_(handling),
        answer_(answer),
        head_(headText(exchange.request())) {}

  void onReady() override {
    switch (handling_) {
      case Handling::reads:
        read();
        break;
      case Handling::ignoresBody:
        exchange_.finishWith("ok");
        break;
      case Handling::forwards:
        relay();
        break;
      case Handling::asTold:
        answer_(exchange_);
        break;
    }
  }
  void onAbandoned(Reason) override {}

  std::string seen() const {
    if (handling_ == Handling::reads && !complete_) return head_ + " broken";
    std::string text = head_;
    if (!body_.empty()) text.append(" \"").append(body_).append("\"");
    for (const Header& field : exchange_.request().trailers) {
      text.append(" ").append(field.name).append(":").append(field.value);
    }
    return text;
  }

 private:
  void read() {
    std::array<std::byte, 300> part;
    while (!complete_) {
      const BodyRead read = exchange_.readRequestBody(part);
      body_.append(reinterpret_cast<const char*>(part.data()), read.size);
      complete_ = read.end;
      if (read.wouldBlock()) {
        exchange_.waitFor(kWaitRequestBody);
        return;
      }
    }
    exchange_.finishWith("ok");
  }

  void relay() {
    const NextState state = exchange_.nextState();
    if (state == NextState::pending) {
      exchange_.waitFor(kWaitNext);
    } else if (state == NextState::ready) {
      exchange_.finishWithNext();
    } else {
      exchange_.fail(Reason::originError, exchange_.nextError());
    }
  }

  HttpExchange& exchange_;
  const Handling handling_;
  const Answer& answer_;
  const std::string head_;
  std::string body_;
  bool complete_ = false;
};

WireServer::WireServer(Handling handling, HttpLimits limits)
    : WireServer(handling, nullptr, limits) {}

WireServer::WireServer(Answer answer, HttpLimits limits)
    : WireServer(Handling::asTold, std::move(answer), limits) {}

WireServer::WireServer(Handling handling, Answer answer, HttpLimits limits)
    : handling_(handling),
      answer_(std::move(answer)),
      ledger_(limits.maxConnections, limits.connectionsPerAddress),
      frontEnd_(std::make_unique<HttpFrontEnd>(loop_, limits, ledger_,
                                               static_cast<RequestHandler&>(*this))) {
  auto socket = ListenSocket::open({"127.0.0.1", 0});
  if (!socket) throw std::runtime_error(socket.error().message);
  port_ = socket->address().port;
  frontEnd_->listen(std::move(*socket));
  turn();
}

WireServer::~WireServer() {
  frontEnd_->abortAll();
  frontEnd_->drain(nullptr);
  turnUntil([this] { return connections() == 0; });
}

bool WireServer::turn(std::chrono::microseconds patience) {
  const auto deadline = steady_clock::now() + patience;
  bool any = false;
  do {
    if (loop_.stopped()) loop_.restart();
    while (loop_.poll() != 0) any = true;
  } while (!any && steady_clock::now() < deadline);
  return any;
}

bool WireServer::turnUntil(const std::function<bool()>& condition) {
  const auto deadline = steady_clock::now() + std::chrono::seconds(10);
  while (!condition()) {
    if (steady_clock::now() > deadline) return false;
    turn(std::chrono::milliseconds(1));
  }
  return true;
}

std::vector<std::string> WireServer::takeSeen() {
  return std::exchange(seen_, {});
}

void WireServer::onRequest(HttpExchange& exchange) {
  ++underWay_;
  Guest& guest = exchange.attach<Guest>(exchange, handling_, answer_);
  if (handling_ == Handling::forwards) {
    exchange.setOrigin(origin_);
    exchange.startNext({});
  }
  exchange.setListener(&guest);
  guest.onReady();
}

void WireServer::onFinished(HttpExchange& exchange) {
  --underWay_;
  seen_.push_back(static_cast<const Guest&>(*exchange.attachment()).seen());
}

WireSocket::WireSocket(int descriptor) : descriptor_(descriptor) {
  const int on = 1;
  ::setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  // No port is left waiting behind thousands of connections.
  const linger abortive{1, 0};
  ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &abortive, sizeof abortive);
}

WireSocket::WireSocket(WireSocket&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      received_(std::move(other.received_)),
      end_(other.end_) {}

WireSocket::~WireSocket() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

WireSocket WireSocket::connect(std::uint16_t port) {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) raise("socket");
  WireSocket made(descriptor);
  // A client that has ended its side first leaves its port waiting for a minute: whoever makes
  // hundreds of thousands of connections needs several addresses.
  static std::uint32_t connections = 0;
  const std::uint32_t machine = connections++ / 10'000 % 200;
  const int on = 1;
  ::setsockopt(descriptor, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
  const sockaddr_in own = loopback(0, machine);
  if (::bind(descriptor, reinterpret_cast<const sockaddr*>(&own), sizeof own) != 0) raise("bind");
  const sockaddr_in address = loopback(port);
  while (::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    if (errno == EISCONN) break;
    // libFuzzer's alarm interrupts; the connection goes on being made.
    if (errno != EINTR && errno != EALREADY) raise("connect");
  }
  return made;
}

std::size_t WireSocket::send(std::string_view bytes) {
  const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent >= 0) return static_cast<std::size_t>(sent);
  return wouldBlock() ? 0 : bytes.size();
}

void WireSocket::finishSending() {
  ::shutdown(descriptor_, SHUT_WR);
}

void WireSocket::receive() {
  std::array<char, 16384> part;
  while (end_ == End::open) {
    const ssize_t got = ::recv(descriptor_, part.data(), part.size(), MSG_DONTWAIT);
    if (got > 0) {
      received_.append(part.data(), static_cast<std::size_t>(got));
    } else if (got == 0) {
      end_ = End::closed;
    } else if (wouldBlock()) {
      return;
    } else {
      end_ = End::reset;
    }
  }
}

WireListener::WireListener()
    : descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  if (descriptor_ < 0 || ::bind(descriptor_, generic, size) != 0 ||
      ::listen(descriptor_, 64) != 0 || ::getsockname(descriptor_, generic, &size) != 0) {
    raise("listen");
  }
  port_ = ntohs(address.sin_port);
}

WireListener::~WireListener() {
  ::close(descriptor_);
}

std::optional<WireSocket> WireListener::accept() {
  const int descriptor = ::accept4(descriptor_, nullptr, nullptr, SOCK_CLOEXEC);
  if (descriptor < 0) return std::nullopt;
  return WireSocket(descriptor);
}

}  // namespace skiff
