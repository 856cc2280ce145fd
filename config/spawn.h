#pragma once

#include <spawn.h>
#include <sys/types.h>

#include <string>
#include <vector>

namespace skiff {

/// Starts a program with posix_spawn, which never copies this process' address space (fork would,
/// with all guests stopped meanwhile). It begins with no signal blocked or ignored.
struct Spawn {
  std::vector<std::string> command;  ///< the program's path, then its arguments
  std::vector<std::string> environment;
  bool ownSession = false;  ///< a terminal's ^C is then not for it

  /// `files`: what becomes of descriptors. The process, or -1 with `error` set to an errno.
  pid_t start(const posix_spawn_file_actions_t& files, int& error) const;
};

/// The variables of this process' environment, each as "NAME=value".
std::vector<std::string> environmentVariables();
/// Of these, what the engine needs where it only compiles: what libraries that came along and a
/// sanitizer's runtime take, nothing of the operator's.
std::vector<std::string> engineVariables();
/// As exec wants them, with a null pointer behind the last. Valid as long as `texts` is.
std::vector<char*> pointersTo(std::vector<std::string>& texts);

}  // namespace skiff
