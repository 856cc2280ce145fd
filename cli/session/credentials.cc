#include "cli/session/credentials.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cerrno>
#include <system_error>

#include "cli/session/json_fields.h"
#include "cli/text_result.h"
#include "config/printable.h"
#include "config/regular_file.h"

namespace skiff::cli {
namespace {

namespace json = boost::json;

constexpr auto kMaxFile = 1_MiB;
constexpr std::size_t kLongestToken = 512;

Error about(const std::filesystem::path& file, std::string_view what) {
  return Error{printable(file.string()) + ": " + std::string(what)};
}

Error systemError(const std::filesystem::path& file, std::string_view doing) {
  return about(file, std::string(doing) + ": " + std::generic_category().message(errno));
}

bool writeAll(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor, text.data(), text.size());
    if (written < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return ::fsync(descriptor) == 0;
}

}  // namespace

const HostEntry* Credentials::find(std::string_view name) const {
  const auto found = hosts.find(name);
  return found == hosts.end() ? nullptr : &found->second;
}

std::filesystem::path credentialsFile(std::string_view xdgConfigHome, std::string_view home) {
  std::filesystem::path folder;
  if (xdgConfigHome.starts_with('/')) {
    folder = xdgConfigHome;
  } else if (home.starts_with('/')) {
    folder = std::filesystem::path(home) / ".config";
  } else {
    return {};
  }
  return folder / "skiff" / "credentials.json";
}

Result<Credentials> readCredentials(const std::filesystem::path& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) return Credentials();
    return systemError(file, "cannot be read");
  }
  if ((status.st_mode & 077) != 0) {
    return about(file, "holds tokens, but others may read or write it; do: chmod 600 " +
                           printable(file.string()));
  }
  const auto bytes = readRegularFile(file, kMaxFile);
  if (!bytes) return about(file, bytes.error().message);
  const json::value document =
      parseJson({reinterpret_cast<const char*>(bytes->data()), bytes->size()});
  const json::value& hosts = member(document, "hosts");
  if (!hosts.is_object()) {
    return about(file, "is not what skiff login wrote; remove it and log in again");
  }
  Credentials credentials;
  credentials.current = textOf(document, "current");
  for (const auto& [name, entry] : hosts.get_object()) {
    HostEntry host{textOf(entry, "url"), textOf(entry, "token"), textOf(entry, "tenant"),
                   TlsFiles{textOf(entry, "ca"), textOf(entry, "cert"), textOf(entry, "key")}};
    if (!isToken(host.token)) {
      return about(file, "has no proper token for " + inQuotes(name) + "; log in again");
    }
    credentials.hosts.emplace(name, std::move(host));
  }
  return credentials;
}

Result<void> writeCredentials(const std::filesystem::path& file, const Credentials& credentials) {
  json::object hosts;
  for (const auto& [name, host] : credentials.hosts) {
    json::object entry{{"url", host.url}, {"token", host.token}};
    const auto add = [&](std::string_view key, const std::string& text) {
      if (!text.empty()) entry[key] = text;
    };
    add("tenant", host.tenant);
    add("ca", host.tls.ca);
    add("cert", host.tls.certificate);
    add("key", host.tls.key);
    hosts[name] = std::move(entry);
  }
  const std::string text =
      json::serialize(json::object{{"current", credentials.current}, {"hosts", hosts}}) + "\n";

  std::error_code error;
  const std::filesystem::path folder = file.parent_path();
  std::filesystem::create_directories(folder.parent_path(), error);
  if (!error && ::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
    return systemError(folder, "cannot be made");
  }
  if (error) return about(folder.parent_path(), "cannot be made: " + error.message());

  std::string temporary = file.string() + ".XXXXXX";
  const int descriptor = ::mkostemp(temporary.data(), O_CLOEXEC);  // 0600
  if (descriptor < 0) return systemError(file, "cannot be written");
  const bool isWritten = writeAll(descriptor, text);
  const int writeError = errno;
  ::close(descriptor);
  errno = writeError;
  if (isWritten && ::rename(temporary.c_str(), file.c_str()) == 0) return {};
  const Error failure = systemError(file, "cannot be written");
  ::unlink(temporary.c_str());
  return failure;
}

bool isToken(std::string_view text) {
  return !text.empty() && text.size() <= kLongestToken &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7F; });
}

Result<std::string> readTokenFile(const std::filesystem::path& file) {
  const auto bytes = readRegularFile(file, 4_KiB);
  if (!bytes) return about(file, bytes.error().message);
  std::string token(bytes->begin(), bytes->end());
  while (token.ends_with('\n') || token.ends_with('\r')) token.pop_back();
  if (!isToken(token)) return about(file, "holds no token");
  return textResult(std::move(token));
}

}  // namespace skiff::cli
