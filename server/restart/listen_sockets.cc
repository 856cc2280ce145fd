#include "server/restart/listen_sockets.h"

#include <netinet/in.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <cerrno>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace skiff {
namespace {

using Speaks = ListenSocket::Speaks;

/// Names tell those of a port that the system chose, which no configuration names.
std::string nameOf(std::string_view what, bool anyPort) {
  return std::string(what) + (anyPort ? "-any" : "");
}

std::string_view wordOf(Speaks speaks) {
  return speaks == Speaks::tls ? "https" : "http";
}

int option(int descriptor, int name) {
  int value = 0;
  socklen_t size = sizeof value;
  return ::getsockopt(descriptor, SOL_SOCKET, name, &value, &size) == 0 ? value : -1;
}

/// Takes out those bound to `address`; if its port is 0, those of the first port that the system
/// chose for one called `name` on that host.
std::vector<std::pair<Descriptor, ListenAddress>> takeBound(ListenAddress address,
                                                            const std::string& name,
                                                            PassedDescriptors& passed) {
  std::vector<std::pair<Descriptor, ListenAddress>> taken;
  const bool anyPort = address.port == 0;
  auto& left = passed.left();
  for (auto one = left.begin(); one != left.end();) {
    const auto bound = listeningAddress(one->descriptor.number());
    const bool fits = bound && bound->host == address.host &&
                      (address.port == 0 || bound->port == address.port) &&
                      (!anyPort || one->name == name);
    if (!fits) {
      ++one;
      continue;
    }
    address.port = bound->port;
    taken.emplace_back(std::move(one->descriptor), *bound);
    one = left.erase(one);
  }
  return taken;
}

/// As it is written in what getsockname() gives.
ListenAddress canonical(ListenAddress address) {
  boost::system::error_code error;
  const auto ip = boost::asio::ip::make_address(address.host, error);
  if (!error) address.host = ip.to_string();
  return address;
}

}  // namespace

std::optional<ListenAddress> listeningAddress(int descriptor) {
  if (option(descriptor, SO_TYPE) != SOCK_STREAM || option(descriptor, SO_ACCEPTCONN) != 1) {
    return std::nullopt;
  }
  boost::asio::ip::tcp::endpoint bound;
  auto size = static_cast<socklen_t>(bound.capacity());
  if (::getsockname(descriptor, bound.data(), &size) != 0) return std::nullopt;
  const auto family = bound.data()->sa_family;
  if (family != AF_INET && family != AF_INET6) return std::nullopt;
  bound.resize(size);
  return ListenAddress{bound.address().to_string(), bound.port()};
}

Result<ListenSockets> ListenSockets::open(const ServerConfig& server, std::size_t shards,
                                          PassedDescriptors& passed) {
  ListenSockets all;
  for (const Speaks speaks : {Speaks::http, Speaks::tls}) {
    for (const ListenAddress& address : speaks == Speaks::tls ? server.listenTls : server.listen) {
      if (auto added = all.add(address, speaks, shards, passed); added.has_error()) {
        return added.error();
      }
    }
  }
  return all;
}

Result<void> ListenSockets::add(const ListenAddress& configured, Speaks speaks, std::size_t shards,
                                PassedDescriptors& passed) {
  Group group;
  group.anyPort = configured.port == 0;
  ListenAddress address = canonical(configured);
  for (auto& [descriptor, bound] :
       takeBound(address, nameOf(wordOf(speaks), group.anyPort), passed)) {
    address = bound;
    group.sockets.push_back(ListenSocket::adopt(descriptor.release(), bound, speaks));
    hasPassed_ = true;
  }
  if (group.sockets.empty()) {
    for (std::size_t i = 0; i < shards; ++i) {
      auto socket = ListenSocket::open(address, speaks);
      if (socket.has_error()) return socket.error();
      address = socket->address();  // the others share the port that was found free
      group.sockets.push_back(std::move(*socket));
    }
  }
  spdlog::info("listening on {}://{}", wordOf(speaks), address.text());
  groups_.push_back(std::move(group));
  return {};
}

Result<std::vector<std::vector<ListenSocket>>> ListenSockets::ofShards(std::size_t shards) const {
  std::vector<std::vector<ListenSocket>> result(shards);
  for (const Group& group : groups_) {
    const std::size_t count = std::max(shards, group.sockets.size());
    for (std::size_t i = 0; i < count; ++i) {
      auto copy = group.sockets[i % group.sockets.size()].duplicate();
      if (copy.has_error()) return copy.error();
      result[i % shards].push_back(*std::move(copy));
    }
  }
  return result;
}

std::vector<PassedOn> ListenSockets::passedOn() const {
  std::vector<PassedOn> all;
  for (const Group& group : groups_) {
    for (const ListenSocket& socket : group.sockets) {
      all.push_back({socket.descriptor(), nameOf(wordOf(socket.speaks()), group.anyPort)});
    }
  }
  return all;
}

Descriptor takeAdminSocket(const ListenAddress& address, PassedDescriptors& passed) {
  auto taken = takeBound(canonical(address), nameOf("admin", address.port == 0), passed);
  return taken.empty() ? Descriptor() : std::move(taken.front().first);
}

Result<Descriptor> openAdminSocket(const ListenAddress& address, PassedDescriptors& passed) {
  using boost::asio::ip::tcp;
  if (Descriptor taken = takeAdminSocket(address, passed)) return taken;
  boost::system::error_code error;
  const tcp::endpoint endpoint(boost::asio::ip::make_address(address.host, error), address.port);
  Descriptor made(::socket(endpoint.protocol().family(), SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP));
  const int on = 1;
  ::setsockopt(made.number(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  // At once, as the sandbox allows no listen(): who connects by now waits for an answer.
  if (error ||
      ::bind(made.number(), endpoint.data(), static_cast<socklen_t>(endpoint.size())) != 0 ||
      ::listen(made.number(), SOMAXCONN) != 0) {
    return Error{"cannot listen on admin address " + address.text() + ": " +
                 (error ? error.message() : std::generic_category().message(errno)) +
                 "; set [admin] listen to another address"};
  }
  return made;
}

PassedOn passedOnAdmin(const ListenAddress& configured, int descriptor) {
  return {descriptor, nameOf("admin", configured.port == 0)};
}

}  // namespace skiff
