#include "server/origin/origin_address.h"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include "config/url_text.h"

namespace skiff {

Result<OriginAddress> OriginAddress::parse(std::string_view url) {
  const auto refuse = [url](std::string_view why) {
    return Error{"origin \"" + std::string(url) + "\": " + std::string(why) +
                 "; write http://host or http://host:port"};
  };
  const UrlText text(url);
  const auto parsed = boost::urls::parse_uri(text.text());
  if (!parsed) return refuse("is not a URL");
  if (parsed->scheme_id() != boost::urls::scheme::http) return refuse("only http is possible");
  if (parsed->has_userinfo()) return refuse("user and password are not possible");
  if (parsed->has_query() || parsed->has_fragment() ||
      (!parsed->encoded_path().empty() && parsed->encoded_path() != "/")) {
    return refuse("a path, query or fragment is not possible");
  }
  OriginAddress address;
  address.host = text.host(parsed->host_address());
  if (address.host.empty()) return refuse("the host is missing");
  if (address.host.find('\0') != std::string::npos) return refuse("the host is not a name");
  if (parsed->has_port() && !parsed->port().empty()) {
    address.port = parsed->port_number();
    if (address.port == 0) return refuse("the port is not between 1 and 65535");
  }
  address.authority = text.host(parsed->encoded_host());
  if (address.port != 80) address.authority += ":" + std::to_string(address.port);
  return address;
}

}  // namespace skiff
