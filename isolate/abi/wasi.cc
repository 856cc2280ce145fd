#include "isolate/abi/wasi.h"

#include <array>

#include "isolate/abi/wasi_errno.h"
#include "isolate/abi/wasi_functions.h"

namespace skiff {
namespace wasi {
namespace {

/// Makes a host function of one that answers an errno and never waits.
template <Errno (*function)(HostContext&, const std::uint32_t*)>
HostResult plain(HostContext& context, const std::uint32_t* slots) {
  return answer(function(context, slots));
}

/// In the order of the specification.
constexpr std::array<HostFunction, 46> kFunctions = {{
    {"args_get", "ii", 'i', false, plain<argsGet>},
    {"args_sizes_get", "ii", 'i', false, plain<argsSizesGet>},
    {"environ_get", "ii", 'i', false, plain<environGet>},
    {"environ_sizes_get", "ii", 'i', false, plain<environSizesGet>},
    {"clock_res_get", "ii", 'i', false, plain<clockResGet>},
    {"clock_time_get", "iIi", 'i', false, plain<clockTimeGet>},
    {"fd_advise", "iIIi", 'i', false, plain<fdAdvise>},
    {"fd_allocate", "iII", 'i', true, fdAllocate},
    {"fd_close", "i", 'i', false, plain<fdClose>},
    {"fd_datasync", "i", 'i', true, fdDatasync},
    {"fd_fdstat_get", "ii", 'i', false, plain<fdFdstatGet>},
    {"fd_fdstat_set_flags", "ii", 'i', false, plain<fdFdstatSetFlags>},
    {"fd_fdstat_set_rights", "iII", 'i', false, plain<fdFdstatSetRights>},
    {"fd_filestat_get", "ii", 'i', true, fdFilestatGet},
    {"fd_filestat_set_size", "iI", 'i', true, fdFilestatSetSize},
    {"fd_filestat_set_times", "iIIi", 'i', true, fdFilestatSetTimes},
    {"fd_pread", "iiiIi", 'i', true, fdPread},
    {"fd_prestat_get", "ii", 'i', false, plain<fdPrestatGet>},
    {"fd_prestat_dir_name", "iii", 'i', false, plain<fdPrestatDirName>},
    {"fd_pwrite", "iiiIi", 'i', true, fdPwrite},
    {"fd_read", "iiii", 'i', true, fdRead},
    {"fd_readdir", "iiiIi", 'i', true, fdReaddir},
    {"fd_renumber", "ii", 'i', false, plain<fdRenumber>},
    {"fd_seek", "iIii", 'i', false, plain<fdSeek>},
    {"fd_sync", "i", 'i', true, fdSync},
    {"fd_tell", "ii", 'i', false, plain<fdTell>},
    {"fd_write", "iiii", 'i', true, fdWrite},
    {"path_create_directory", "iii", 'i', true, pathCreateDirectory},
    {"path_filestat_get", "iiiii", 'i', true, pathFilestatGet},
    {"path_filestat_set_times", "iiiiIIi", 'i', true, pathFilestatSetTimes},
    {"path_link", "iiiiiii", 'i', true, pathLink},
    {"path_open", "iiiiiIIii", 'i', true, pathOpen},
    {"path_readlink", "iiiiii", 'i', true, pathReadlink},
    {"path_remove_directory", "iii", 'i', true, pathRemoveDirectory},
    {"path_rename", "iiiiii", 'i', true, pathRename},
    {"path_symlink", "iiiii", 'i', true, pathSymlink},
    {"path_unlink_file", "iii", 'i', true, pathUnlinkFile},
    {"poll_oneoff", "iiii", 'i', true, pollOneoff},
    {"proc_exit", "i", 0, false, procExit},
    {"proc_raise", "i", 'i', false, procRaise},
    {"sched_yield", "", 'i', false, plain<schedYield>},
    {"random_get", "ii", 'i', false, plain<randomGet>},
    {"sock_accept", "iii", 'i', false, plain<sockAccept>},
    {"sock_recv", "iiiiii", 'i', false, plain<sockRecv>},
    {"sock_send", "iiiii", 'i', false, plain<sockSend>},
    {"sock_shutdown", "ii", 'i', false, plain<sockShutdown>},
}};

constexpr HostModule kModule = {"wasi_snapshot_preview1", kFunctions};

}  // namespace
}  // namespace wasi

const HostModule& wasiModule() {
  return wasi::kModule;
}

}  // namespace skiff
