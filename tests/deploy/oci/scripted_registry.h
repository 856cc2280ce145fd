#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "tests/server/origin/scripted_origin.h"

namespace skiff::testing {

/// An HTTP server on a free port of 127.0.0.1 that answers as a test says: token servers, servers
/// of files, and registries that do what a real one never does. One request a connection, one
/// connection at a time; what a handler throws ends its connection only.
class ScriptedRegistry {
 public:
  /// Gets the request's head. May send anything, or nothing.
  using Handler = std::function<void(const std::string& head, Peer& peer)>;

  explicit ScriptedRegistry(Handler handler);
  ~ScriptedRegistry();

  /// "127.0.0.1:PORT"
  std::string name() const { return "127.0.0.1:" + std::to_string(port_); }
  std::string url() const { return "http://" + name(); }
  /// The heads of all requests so far.
  std::vector<std::string> requests() const;

 private:
  void serve();

  Handler handler_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<bool> isStopping_{false};
  mutable std::mutex mutex_;
  std::vector<std::string> requests_;
  std::thread thread_;
};

/// An answer with its length, after which the connection is closed. `fields`: whole lines, each
/// with its end.
std::string answer(std::string_view status, std::string_view body = {},
                   std::string_view fields = {});

/// The target of a request: "/v2/t/app/manifests/v1".
std::string targetOf(const std::string& head);
/// A field's value; empty if it is not there.
std::string fieldOf(const std::string& head, std::string_view name);

/// All of a file.
std::string readFile(const std::filesystem::path& path);
/// Serves a registry's own storage, as the redirect middleware names it.
ScriptedRegistry::Handler filesOf(const std::filesystem::path& storage);

/// A wasm artifact as a registry answers for it: one tag, "v1".
struct ScriptedArtifact {
  explicit ScriptedArtifact(std::string moduleBytes);

  /// Answers for the tag, the manifest and the config; false if it was asked for the module, or
  /// for anything else.
  bool answerFor(const std::string& head, Peer& peer) const;

  std::string module;
  std::string moduleDigest;
  std::string manifest;
  std::string manifestDigest;
};

}  // namespace skiff::testing
