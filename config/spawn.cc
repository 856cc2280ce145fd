#include "config/spawn.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace skiff {

pid_t Spawn::start(const posix_spawn_file_actions_t& files, int& error) const {
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t signals;
  sigemptyset(&signals);
  posix_spawnattr_setsigmask(&attributes, &signals);
  sigfillset(&signals);
  posix_spawnattr_setsigdefault(&attributes, &signals);
  const int session = ownSession ? POSIX_SPAWN_SETSID : 0;
  posix_spawnattr_setflags(
      &attributes, static_cast<short>(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | session));
  std::vector<std::string> arguments = command;
  std::vector<std::string> variables = environment;
  pid_t process = -1;
  error = ::posix_spawn(&process, command.front().c_str(), &files, &attributes,
                        pointersTo(arguments).data(), pointersTo(variables).data());
  posix_spawnattr_destroy(&attributes);
  return error == 0 ? process : -1;
}

std::vector<std::string> environmentVariables() {
  std::vector<std::string> variables;
  for (char** entry = environ; *entry; ++entry) variables.emplace_back(*entry);
  return variables;
}

std::vector<std::string> engineVariables() {
  constexpr std::array<std::string_view, 5> kNames{
      "LD_PRELOAD=", "LD_LIBRARY_PATH=", "ASAN_OPTIONS=", "LSAN_OPTIONS=", "UBSAN_OPTIONS="};
  std::vector<std::string> kept = environmentVariables();
  std::erase_if(kept, [&](std::string_view variable) {
    return std::none_of(kNames.begin(), kNames.end(),
                        [&](std::string_view name) { return variable.starts_with(name); });
  });
  return kept;
}

std::vector<char*> pointersTo(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace skiff
