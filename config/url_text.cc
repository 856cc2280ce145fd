#include "config/url_text.h"

#include <arpa/inet.h>
#include <netinet/in.h>

namespace skiff {

UrlText::UrlText(std::string_view url) : text_(url) {
  const std::size_t scheme = url.find("://");
  if (scheme == url.npos) return;
  const std::size_t begin = scheme + 3;
  const std::string host(url.substr(begin, url.find_first_of(":/?#", begin) - begin));
  in_addr address{};
  if (host.empty() || host[0] < '0' || host[0] > '9') return;
  if (::inet_pton(AF_INET, host.c_str(), &address) == 1) return;
  text_.insert(begin, 1, 'h');
  hasLetter_ = true;
}

}  // namespace skiff
