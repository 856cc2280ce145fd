#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "cli/http/admin_address.h"
#include "config/result.h"

namespace skiff::cli {

/// A daemon that `skiff login` was told of.
struct HostEntry {
  std::string url;  ///< as AdminAddress::url() writes it
  std::string token;
  std::string tenant;  ///< whose apps are meant where none is named; may be empty
  TlsFiles tls{};      ///< absolute paths
};

/// What `skiff login` keeps: hosts by name, and which of them is used where none is named.
struct Credentials {
  std::string current;
  std::map<std::string, HostEntry, std::less<>> hosts;

  /// Null if there is no such host.
  const HostEntry* find(std::string_view name) const;
};

/// Where they are kept: $XDG_CONFIG_HOME/skiff/credentials.json, or in ~/.config. Empty if neither
/// is known (XDG base directory specification: a relative XDG_CONFIG_HOME counts as unset).
std::filesystem::path credentialsFile(std::string_view xdgConfigHome, std::string_view home);

/// None at all if there is no file. The error says what is wrong with it: not readable, not JSON,
/// not ours, or open to others.
Result<Credentials> readCredentials(const std::filesystem::path& file);

/// Replaces the file, whole or not at all: 0600, in a folder that is made (0700) if need be.
Result<void> writeCredentials(const std::filesystem::path& file, const Credentials& credentials);

/// Whether it can be sent as one: 1 to 512 visible ASCII characters.
bool isToken(std::string_view text);

/// The token in a file, without the newline at its end.
Result<std::string> readTokenFile(const std::filesystem::path& file);

}  // namespace skiff::cli
