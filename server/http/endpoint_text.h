#pragma once

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <string>

#include "config/config.h"
#include "server/http/connection_ledger.h"

namespace skiff {

/// An IPv4 address that arrived on an IPv6 socket is shown and counted as what it is.
inline boost::asio::ip::address unmapped(const boost::asio::ip::address& address) {
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    return boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, address.to_v6());
  }
  return address;
}

inline std::string endpointText(const boost::asio::ip::tcp::endpoint& endpoint) {
  return ListenAddress{unmapped(endpoint.address()).to_string(), endpoint.port()}.text();
}

inline ClientAddress clientAddress(const boost::asio::ip::tcp::endpoint& endpoint) {
  const boost::asio::ip::address address = unmapped(endpoint.address());
  ClientAddress client;
  if (address.is_v4()) {
    client.bytes =
        boost::asio::ip::make_address_v6(boost::asio::ip::v4_mapped, address.to_v4()).to_bytes();
  } else {
    client.bytes = address.to_v6().to_bytes();
    // Loopback stays whole: its neighbours are not one client's.
    if (!address.is_loopback()) std::fill(client.bytes.begin() + 8, client.bytes.end(), 0);
  }
  return client;
}

}  // namespace skiff
