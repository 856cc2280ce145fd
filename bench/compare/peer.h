#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "bench/compare/affinity.h"
#include "tests/e2e/process.h"
#include "tests/server/observe/temporary_folder.h"

namespace skiff::bench {

/// A server that runs, on the server's processors, with its files in a folder of its own. Ending
/// the object ends the server and removes the folder.
class Peer {
 public:
  virtual ~Peer() = default;

  virtual std::uint16_t port() const = 0;
  virtual pid_t id() const = 0;
  /// All of its processes but their children, where it is not only the one.
  virtual std::vector<pid_t> ids() const { return {id()}; }
};

/// A port of 127.0.0.1 that nobody listens on just now.
std::uint16_t freePort();
/// Waits until somebody accepts connections there; throws `what` with what it wrote if it ends
/// first or does not within a while.
void waitForPort(std::uint16_t port, e2e::Process& process, const std::string& what);

void writeFile(const std::filesystem::path& file, std::string_view text);

/// A server that takes a configuration with a port in it.
class ConfiguredPeer : public Peer {
 public:
  std::uint16_t port() const override { return port_; }
  pid_t id() const override { return process_->id(); }

 protected:
  ConfiguredPeer() : port_(freePort()) {}
  /// Runs it on these processors and waits until it listens.
  void run(const std::string& program, const std::vector<std::string>& arguments,
           Processors processors = kServerProcessor);

  TemporaryFolder folder_;
  const std::uint16_t port_;
  std::unique_ptr<e2e::Process> process_;
};

}  // namespace skiff::bench
