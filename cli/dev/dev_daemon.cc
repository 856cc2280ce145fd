#include "cli/dev/dev_daemon.h"

#include <poll.h>
#include <unistd.h>

#include <charconv>
#include <fstream>
#include <optional>
#include <system_error>

#include "cli/session/credentials.h"

namespace skiff::cli {
namespace {

using Clock = std::chrono::steady_clock;

/// The port at the end of a line that announces an address.
std::optional<std::uint16_t> portOf(std::string_view line, std::string_view announcement) {
  if (line.find(announcement) == line.npos) return std::nullopt;
  const std::string_view text = line.substr(line.rfind(':') + 1);
  std::uint16_t port = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || port == 0) return std::nullopt;
  return port;
}

std::string tomlString(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out.push_back('\\');
    out.push_back(c);
  }
  return out + "\"";
}

}  // namespace

Result<TemporaryFolder> TemporaryFolder::make() {
  std::error_code error;
  const std::filesystem::path parent = std::filesystem::temp_directory_path(error);
  if (error) return Error{"there is no folder for temporary files: " + error.message()};
  std::string pattern = (parent / "skiff-dev-XXXXXX").string();
  if (!::mkdtemp(pattern.data())) {
    return Error{"no folder can be made in " + parent.string() + ": " +
                 std::generic_category().message(errno)};
  }
  return TemporaryFolder(pattern);
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

std::string devConfiguration(const std::filesystem::path& dataDir, std::uint16_t port) {
  return "data_dir = " + tomlString(dataDir.string()) +
         "\n[server]\nlisten = [\"127.0.0.1:" + std::to_string(port) +
         "\"]\naccess_log = \"-\"\nshards = 1\ndrain_timeout_ms = 2000\n"
         "[admin]\nlisten = \"127.0.0.1:0\"\n";
}

Result<DevDaemon> DevDaemon::start(const std::string& program, std::uint16_t port,
                                   std::chrono::milliseconds patience) {
  auto folder = TemporaryFolder::make();
  if (!folder) return folder.error();
  const std::filesystem::path config = folder->path() / "skiff.toml";
  const std::filesystem::path dataDir = folder->path() / "data";
  std::ofstream file(config);
  file << devConfiguration(dataDir, port);
  file.close();
  if (!file) return Error{config.string() + " cannot be written"};
  auto process = ChildProcess::start(program, {"--config", config.string()});
  if (!process) return process.error();
  DevDaemon daemon(std::move(*folder), std::move(*process));
  if (const auto listens = daemon.awaitListening(patience); !listens) return listens.error();
  auto token = readTokenFile(dataDir / "operator.token");
  if (!token) return Error{"skiffd wrote no token for its operator: " + token.error().message};
  daemon.token_ = std::move(*token);
  return daemon;
}

void DevDaemon::takeAnnouncement(std::string_view line) {
  if (const auto port = portOf(line, "listening on http://")) port_ = *port;
  if (const auto port = portOf(line, "admin on http://")) {
    admin_ = {.host = "127.0.0.1", .port = *port};
    hasAdmin_ = true;
  }
}

Result<void> DevDaemon::awaitListening(std::chrono::milliseconds patience) {
  const auto end = Clock::now() + patience;
  std::string said;
  while (port_ == 0 || !hasAdmin_) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now());
    pollfd waiting{process_.errors(), POLLIN, 0};
    if (left.count() <= 0) return Error{"skiffd does not come up; it said:\n" + said};
    ::poll(&waiting, 1, static_cast<int>(left.count()));
    const bool isOpen = errors_.readFrom(process_.errors(), [&](std::string_view line) {
      said.append(line).append("\n");
      early_.emplace_back(line);
      takeAnnouncement(line);
    });
    if (!isOpen && (port_ == 0 || !hasAdmin_))
      return Error{"skiffd ended at once; it said:\n" + said};
  }
  return {};
}

bool DevDaemon::readLines(const std::function<void(std::string_view)>& onLog,
                          const std::function<void(std::string_view)>& onMessage) {
  for (const std::string& line : early_) onMessage(line);
  early_.clear();
  const bool isLogging = output_.readFrom(process_.output(), onLog);
  const bool isTalking = errors_.readFrom(process_.errors(), onMessage);
  return isLogging || isTalking;
}

}  // namespace skiff::cli
