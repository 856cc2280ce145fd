#pragma once

#include <cstdint>

#include "isolate/abi/wasi_types.h"
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
Errno fdAllocate(HostContext& context, const std::uint32_t* slots);
Errno fdDatasync(HostContext& context, const std::uint32_t* slots);
Errno fdSync(HostContext& context, const std::uint32_t* slots);
Errno fdSeek(HostContext& context, const std::uint32_t* slots);
Errno fdTell(HostContext& context, const std::uint32_t* slots);
Errno fdFilestatSetSize(HostContext& context, const std::uint32_t* slots);

// wasi_file_io.cc, wasi_stream_io.cc
HostResult fdRead(HostContext& context, const std::uint32_t* slots);
HostResult fdWrite(HostContext& context, const std::uint32_t* slots);
Errno fdPread(HostContext& context, const std::uint32_t* slots);
Errno fdPwrite(HostContext& context, const std::uint32_t* slots);

// wasi_filestat.cc
Errno fdFilestatGet(HostContext& context, const std::uint32_t* slots);
Errno fdFilestatSetTimes(HostContext& context, const std::uint32_t* slots);
Errno pathFilestatGet(HostContext& context, const std::uint32_t* slots);
Errno pathFilestatSetTimes(HostContext& context, const std::uint32_t* slots);

// wasi_directory.cc
Errno fdPrestatGet(HostContext& context, const std::uint32_t* slots);
Errno fdPrestatDirName(HostContext& context, const std::uint32_t* slots);
Errno fdReaddir(HostContext& context, const std::uint32_t* slots);

// wasi_path_open.cc
Errno pathOpen(HostContext& context, const std::uint32_t* slots);

// wasi_path.cc
Errno pathCreateDirectory(HostContext& context, const std::uint32_t* slots);
Errno pathRemoveDirectory(HostContext& context, const std::uint32_t* slots);
Errno pathUnlinkFile(HostContext& context, const std::uint32_t* slots);
Errno pathRename(HostContext& context, const std::uint32_t* slots);
Errno pathLink(HostContext& context, const std::uint32_t* slots);
Errno pathSymlink(HostContext& context, const std::uint32_t* slots);
Errno pathReadlink(HostContext& context, const std::uint32_t* slots);

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
