#include "config/config.h"

#include <arpa/inet.h>
#include <netinet/in.h>

namespace skiff {

std::string ListenAddress::text() const {
  const bool isV6 = host.find(':') != std::string::npos;
  return (isV6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

bool ListenAddress::isLoopback() const {
  in_addr v4{};
  if (::inet_pton(AF_INET, host.c_str(), &v4) == 1) {
    return (ntohl(v4.s_addr) >> IN_CLASSA_NSHIFT) == IN_LOOPBACKNET;
  }
  in6_addr v6{};
  if (::inet_pton(AF_INET6, host.c_str(), &v6) != 1) return false;
  if (IN6_IS_ADDR_V4MAPPED(&v6)) return v6.s6_addr[12] == IN_LOOPBACKNET;
  return IN6_IS_ADDR_LOOPBACK(&v6);
}

RegistrySettings OciConfig::of(std::string_view registry) const {
  const auto found = registries.find(registry);
  return found == registries.end() ? RegistrySettings{} : found->second;
}

}  // namespace skiff
