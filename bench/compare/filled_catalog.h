#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

namespace skiff::bench {

/// Fills a data folder with tenants that have an app each, deployed, as the admin API would have
/// put them there. `hello`: the bytes of hello_wat.wasm. Throws if it cannot.
void fillCatalog(const std::filesystem::path& folder, std::size_t tenants,
                 const std::string& hello);

}  // namespace skiff::bench
