#include "bench/compare/descriptors.h"

#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string>

namespace skiff::bench {

std::size_t raiseDescriptorLimit() {
  constexpr rlim_t kMost = 65'536;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    limit.rlim_cur = std::min(limit.rlim_max, std::max(limit.rlim_cur, kMost));
    if (::setrlimit(RLIMIT_NOFILE, &limit) == 0) return limit.rlim_cur;
  }
  throw std::runtime_error(std::string("cannot raise the limit on open files: ") +
                           std::strerror(errno));
}

}  // namespace skiff::bench
