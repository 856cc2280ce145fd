#pragma once

#include <filesystem>

namespace skiff::bench {

/// Where what is compared is found; options of the command line replace what the build set.
struct Places {
  std::filesystem::path skiffd = SKIFFD;
  std::filesystem::path guests = SKIFF_GUESTS;
  std::filesystem::path nginx = "/usr/sbin/nginx";
  std::filesystem::path workerd = SKIFF_WORKERD;
  std::filesystem::path node = SKIFF_NODE;
  std::filesystem::path workers = SKIFF_WORKERS;  ///< our scripts for workerd and Node.js
  std::filesystem::path code = SKIFF_BENCH_CODE;  ///< kept machine code of skiffd's modules
};

}  // namespace skiff::bench
