#pragma once

#include <memory>
#include <string>

#include "bench/compare/peer.h"
#include "bench/compare/places.h"

namespace skiff::bench {

/// The tenants of workloads with many: each has an app with a module of its own, for the host
/// "<name>.test", that answers with 15 bytes of its own.
std::string tenantName(std::size_t number);
std::string tenantAnswer(std::size_t number);
/// `hello`: the bytes of hello_wat.wasm.
std::string tenantModule(const std::string& hello, std::size_t number);

/// An app for each; `keys`: further lines of each one's [[tenant.app]].
std::unique_ptr<Peer> skiffdOfMany(const Places& places, std::size_t apps, const std::string& keys);
/// A server block for each.
std::unique_ptr<Peer> nginxOfMany(const Places& places, std::size_t apps);
/// A worker for each, and one before them that knows whom a host belongs to.
std::unique_ptr<Peer> workerdOfMany(const Places& places, std::size_t tenants);

}  // namespace skiff::bench
