#pragma once

#include "bench/compare/peer.h"
#include "bench/compare/places.h"

namespace skiff::bench {

struct NginxSettings {
  std::string servers;  ///< of its http block; PORT is where to listen, FOLDER its files' folder
  std::size_t connections = 4096;  ///< that its worker can have
  Processors processors = kServerProcessor;
};

/// nginx with one worker and no master (whose end would leave the worker), without an access log,
/// and otherwise as it is unless told.
class Nginx : public ConfiguredPeer {
 public:
  Nginx(const Places& places, NginxSettings settings);
  Nginx(const Places& places, std::string servers)
      : Nginx(places, NginxSettings{std::move(servers)}) {}
};

/// So many workers of nginx's, each with a socket of its own for the same port (`listen ...
/// reuseport`), on as many processors. Nobody is their master, for the reason above.
class NginxWorkers : public Peer {
 public:
  /// `location`: what stands in the only server's block.
  NginxWorkers(const Places& places, int workers, const std::string& location);

  std::uint16_t port() const override { return port_; }
  pid_t id() const override { return workers_.front()->id(); }
  std::vector<pid_t> ids() const override;

 private:
  const std::uint16_t port_ = freePort();
  std::vector<std::unique_ptr<Nginx>> workers_;
};

}  // namespace skiff::bench
