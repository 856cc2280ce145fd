#pragma once

#include <cstdint>

#include "isolate/files/wasi_types.h"
#include "isolate/host_context.h"
#include "isolate/host_function.h"

/// The functions of WASI preview 1, under their own names; the table in wasi.cc tells their
/// parameters. `slots` are those of HostFunction.
namespace skiff::wasi {

// wasi_args.cc
Errno argsGet(HostContext& context, const std::uint32_t* slots);
Errno argsSizesGet(HostContext& context, const std::uint32_t* slots);
Errno environGet(HostContext& context, const std::uint32_t* slots);
Errno environSizesGet(HostContext& context, const std::uint32_t* slots);

// wasi_clock.cc
Errno clockResGet(HostContext& context, const std::uint32_t* slots);
Errno clockTimeGet(HostContext& context, const std::uint32_t* slots);

// wasi_descriptor.cc
Errno fdClose(HostContext& context, const std::uint32_t* slots);
Errno fdRenumber(HostContext& context, const std::uint32_t* slots);
Errno fdFdstatGet(HostContext& context, const std::uint32_t* slots);
Errno fdFdstatSetFlags(HostContext& context, const std::uint32_t* slots);
Errno fdFdstatSetRights(HostContext& context, const std::uint32_t* slots);

// wasi_file.cc
Errno fdAdvise(HostContext& context, const std::uint32_t* slots);
HostResult fdAllocate(HostContext& context, const std::uint32_t* slots);
HostResult fdDatasync(HostContext& context, const std::uint32_t* slots);
HostResult fdSync(HostContext& context, const std::uint32_t* slots);
Errno fdSeek(HostContext& context, const std::uint32_t* slots);
Errno fdTell(HostContext& context, const std::uint32_t* slots);
HostResult fdFilestatSetSize(HostContext& context, const std::uint32_t* slots);

// wasi_file_io.cc, wasi_stream_io.cc
HostResult fdRead(HostContext& context, const std::uint32_t* slots);
HostResult fdWrite(HostContext& context, const std::uint32_t* slots);
HostResult fdPread(HostContext& context, const std::uint32_t* slots);
HostResult fdPwrite(HostContext& context, const std::uint32_t* slots);

// wasi_filestat.cc
HostResult fdFilestatGet(HostContext& context, const std::uint32_t* slots);
HostResult fdFilestatSetTimes(HostContext& context, const std::uint32_t* slots);
HostResult pathFilestatGet(HostContext& context, const std::uint32_t* slots);
HostResult pathFilestatSetTimes(HostContext& context, const std::uint32_t* slots);

// wasi_directory.cc
Errno fdPrestatGet(HostContext& context, const std::uint32_t* slots);
Errno fdPrestatDirName(HostContext& context, const std::uint32_t* slots);
HostResult fdReaddir(HostContext& context, const std::uint32_t* slots);

// wasi_path_open.cc
HostResult pathOpen(HostContext& context, const std::uint32_t* slots);

// wasi_path.cc
HostResult pathCreateDirectory(HostContext& context, const std::uint32_t* slots);
HostResult pathRemoveDirectory(HostContext& context, const std::uint32_t* slots);
HostResult pathUnlinkFile(HostContext& context, const std::uint32_t* slots);
HostResult pathRename(HostContext& context, const std::uint32_t* slots);
HostResult pathLink(HostContext& context, const std::uint32_t* slots);
HostResult pathSymlink(HostContext& context, const std::uint32_t* slots);
HostResult pathReadlink(HostContext& context, const std::uint32_t* slots);

// wasi_poll.cc
HostResult pollOneoff(HostContext& context, const std::uint32_t* slots);

// wasi_program.cc
HostResult procExit(HostContext& context, const std::uint32_t* slots);
HostResult procRaise(HostContext& context, const std::uint32_t* slots);
Errno schedYield(HostContext& context, const std::uint32_t* slots);
Errno randomGet(HostContext& context, const std::uint32_t* slots);

// wasi_socket.cc
Errno sockAccept(HostContext& context, const std::uint32_t* slots);
Errno sockRecv(HostContext& context, const std::uint32_t* slots);
Errno sockSend(HostContext& context, const std::uint32_t* slots);
Errno sockShutdown(HostContext& context, const std::uint32_t* slots);

}  // namespace skiff::wasi
