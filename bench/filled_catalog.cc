#include "bench/filled_catalog.h"

#include <stdlib.h>
#include <unistd.h>

#include <stdexcept>

#include "tests/e2e/catalog_filler.h"

namespace skiff::bench {
namespace {

/// Beside its module: a file's last block, and its rows of the catalog.
constexpr std::size_t kBytesPerTenant = 8 << 10;

std::filesystem::path newFolder(std::size_t bytes) {
  const std::filesystem::path memory = "/dev/shm";
  std::error_code ignored;
  // Containers have one of 64 MiB.
  const bool fits = std::filesystem::space(memory, ignored).available >= bytes && !ignored;
  const auto parent =
      fits && ::access(memory.c_str(), W_OK) == 0 ? memory : std::filesystem::temp_directory_path();
  std::string name = (parent / "skiff-bench-XXXXXX").string();
  if (!::mkdtemp(name.data())) throw std::runtime_error("cannot make a folder in " + name);
  return name;
}

void removeFolder(const std::filesystem::path& folder) {
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
}

}  // namespace

FilledCatalog::FilledCatalog(std::size_t tenants,
                             const std::function<std::string(std::size_t number)>& module)
    : folder_(newFolder(tenants * (module(0).size() + kBytesPerTenant))) {
  try {
    e2e::CatalogFiller filler(folder_);
    for (std::size_t i = 0; i < tenants; ++i) {
      filler.serve("tenant" + std::to_string(i), filler.store(module(i)));
    }
  } catch (...) {
    removeFolder(folder_);
    throw;
  }
}

FilledCatalog::~FilledCatalog() {
  removeFolder(folder_);
}

}  // namespace skiff::bench
