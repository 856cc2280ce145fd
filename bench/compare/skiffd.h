#pragma once

#include <string>
#include <vector>

#include "bench/compare/peer.h"
#include "bench/compare/places.h"

namespace skiff::bench {

/// An app of the configuration, each with a tenant of its own, for the host "<name>.test".
struct SkiffApp {
  std::string name;
  std::filesystem::path module;
  std::string keys = {};  ///< further lines of [[tenant.app]]
};

struct SkiffSettings {
  std::vector<SkiffApp> apps;
  int shards = 1;  ///< each with a processor
};

/// skiffd with these shards, without an access log, with limits on time and on the connections of
/// one address that our load does not reach, however slowly it is run, and otherwise as it is
/// unless told. It is up when every app of the configuration can serve.
class Skiffd : public Peer {
 public:
  /// `filled`: a data folder (catalog and blobs) to start on a copy of; none if empty.
  Skiffd(const Places& places, const SkiffSettings& settings,
         const std::filesystem::path& filled = {});

  std::uint16_t port() const override { return port_; }
  std::uint16_t adminPort() const { return adminPort_; }
  pid_t id() const override { return process_->id(); }
  std::filesystem::path dataFolder() const { return folder_ / "var"; }
  double startSeconds() const { return startSeconds_; }

 private:
  TemporaryFolder folder_;
  std::unique_ptr<e2e::Process> process_;
  std::uint16_t port_ = 0;
  std::uint16_t adminPort_ = 0;
  double startSeconds_ = 0;
};

}  // namespace skiff::bench
