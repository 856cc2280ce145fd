#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cli/dev/child_process.h"
#include "cli/dev/line_reader.h"
#include "cli/http/admin_address.h"
#include "config/result.h"

namespace skiff::cli {

/// A folder of its own in the system's folder for temporary files (0700), gone with the object.
class TemporaryFolder {
 public:
  static Result<TemporaryFolder> make();
  ~TemporaryFolder();
  TemporaryFolder(TemporaryFolder&& other) noexcept : path_(std::move(other.path_)) {
    other.path_.clear();
  }
  TemporaryFolder& operator=(TemporaryFolder&&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  explicit TemporaryFolder(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
};

/// A skiffd of its own: no tenants, free ports of 127.0.0.1, all of its files in a temporary
/// folder. Ended, and the folder removed, by the destructor. One thread.
class DevDaemon {
 public:
  /// Starts `program` and waits until it listens. `port` is where it serves; 0: a free one. The
  /// error has what it said.
  static Result<DevDaemon> start(const std::string& program, std::uint16_t port,
                                 std::chrono::milliseconds patience = std::chrono::seconds(30));

  const AdminAddress& admin() const { return admin_; }
  std::uint16_t port() const { return port_; }
  const std::string& token() const { return token_; }
  ChildProcess& process() { return process_; }

  /// Hands on what it wrote since: lines of its log of requests and guests, and of its own log.
  /// False once it has closed both, which is to say that it ended.
  bool readLines(const std::function<void(std::string_view)>& onLog,
                 const std::function<void(std::string_view)>& onMessage);

 private:
  DevDaemon(TemporaryFolder folder, ChildProcess process)
      : folder_(std::move(folder)), process_(std::move(process)) {}

  Result<void> awaitListening(std::chrono::milliseconds patience);
  void takeAnnouncement(std::string_view line);

  TemporaryFolder folder_;  // goes after the process
  ChildProcess process_;
  LineReader output_;
  LineReader errors_;
  AdminAddress admin_;
  std::uint16_t port_ = 0;
  bool hasAdmin_ = false;
  std::string token_;
  std::vector<std::string> early_;  ///< lines of its own log from before it listened
};

/// The configuration that it runs with.
std::string devConfiguration(const std::filesystem::path& dataDir, std::uint16_t port);

}  // namespace skiff::cli
