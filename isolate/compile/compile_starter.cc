#include "isolate/compile/compile_starter.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <system_error>

#include "config/spawn.h"
#include "isolate/compile/compile_protocol.h"

namespace skiff {
Result<pid_t> CompileSpawner::start(int socket) {
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_adddup2(&files, socket, kCompileDescriptor);
  posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addclosefrom_np(&files, kCompileDescriptor + 1);
  // A session of its own: a terminal's ^C is the daemon's to answer.
  int error = 0;
  const pid_t process =
      Spawn{.command = command_, .environment = engineVariables(), .ownSession = true}.start(files,
                                                                                             error);
  posix_spawn_file_actions_destroy(&files);
  if (process < 0) return Error{std::generic_category().message(error)};
  return process;
}

void CompileSpawner::end(pid_t process) {
  ::kill(process, SIGKILL);
}

}  // namespace skiff
