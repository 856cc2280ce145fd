#include "cli/http/admin_address.h"

#include <boost/asio/ip/address.hpp>
#include <boost/url.hpp>

#include "config/printable.h"
#include "config/url_text.h"

namespace skiff::cli {

Result<AdminAddress> AdminAddress::parse(std::string_view text) {
  const auto invalid = [&](std::string_view why) {
    return Error{inQuotes(text) + " is not an admin address: " + std::string(why) +
                 "; it looks like http://127.0.0.1:9090"};
  };
  const UrlText withScheme((text.find("://") == text.npos ? "http://" : "") + std::string(text));
  const auto url = boost::urls::parse_uri(withScheme.text());
  if (!url) return invalid("it is no URL");
  AdminAddress address;
  address.isEncrypted = url->scheme_id() == boost::urls::scheme::https;
  if (!address.isEncrypted && url->scheme_id() != boost::urls::scheme::http) {
    return invalid("its scheme is neither http nor https");
  }
  if (url->has_userinfo() || url->has_query() || url->has_fragment() ||
      (!url->encoded_path().empty() && url->encoded_path() != "/")) {
    return invalid("it has more than a host and a port");
  }
  address.host = withScheme.host(url->host_address());
  if (address.host.empty()) return invalid("it has no host");
  if (address.isEncrypted) address.port = 443;
  if (url->has_port() && !url->port().empty()) {
    if (url->port_number() == 0) return invalid("its port is not between 1 and 65535");
    address.port = url->port_number();
  }
  return address;
}

std::string AdminAddress::authority() const {
  const bool isV6 = host.find(':') != host.npos;
  return (isV6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

std::string AdminAddress::url() const {
  return (isEncrypted ? "https://" : "http://") + authority();
}

bool AdminAddress::isLoopback() const {
  if (host == "localhost") return true;
  boost::system::error_code error;
  const auto address = boost::asio::ip::make_address(host, error);
  return !error && address.is_loopback();
}

}  // namespace skiff::cli
