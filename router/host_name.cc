#include "router/host_name.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <cstring>

namespace skiff {

bool HostName::assign(std::string_view host) {
  size_ = 0;
  if (host.starts_with('[')) return assignIpv6(host);
  if (host.ends_with('.')) host.remove_suffix(1);
  if (host.size() > kMaxLength) return false;
  char previous = '.';
  for (std::size_t i = 0; i < host.size(); ++i) {
    const char c = host[i];
    if (c == '.' && previous == '.') return false;
    buffer_[i] = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    previous = c;
  }
  if (!host.empty() && previous == '.') return false;
  size_ = host.size();
  return true;
}

bool HostName::assignIpv6(std::string_view host) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (host.size() < 2 || host.back() != ']' || host.size() - 2 >= text.size()) return false;
  std::memcpy(text.data(), host.data() + 1, host.size() - 2);
  in6_addr address;
  // A NUL inside would end the text early and let the rest pass unseen.
  if (std::strlen(text.data()) != host.size() - 2) return false;
  if (inet_pton(AF_INET6, text.data(), &address) != 1) return false;
  if (!inet_ntop(AF_INET6, &address, text.data(), text.size())) return false;
  const std::size_t length = std::strlen(text.data());
  buffer_[0] = '[';
  std::memcpy(buffer_.data() + 1, text.data(), length);
  buffer_[length + 1] = ']';
  size_ = length + 2;
  return true;
}

}  // namespace skiff
