#pragma once

#include <cstdint>

/// Numbers of WASI preview 1 (`wasi_snapshot_preview1`, its witx types and <wasi/api.h>). Names are
/// the specification's own.
namespace skiff::wasi {

enum class Errno : std::uint16_t {
  success,
  toobig,  ///< "2big"
  acces,
  addrinuse,
  addrnotavail,
  afnosupport,
  again,
  already,
  badf,
  badmsg,
  busy,
  canceled,
  child,
  connaborted,
  connrefused,
  connreset,
  deadlk,
  destaddrreq,
  dom,
  dquot,
  exist,
  fault,
  fbig,
  hostunreach,
  idrm,
  ilseq,
  inprogress,
  intr,
  inval,
  io,
  isconn,
  isdir,
  loop,
  mfile,
  mlink,
  msgsize,
  multihop,
  nametoolong,
  netdown,
  netreset,
  netunreach,
  nfile,
  nobufs,
  nodev,
  noent,
  noexec,
  nolck,
  nolink,
  nomem,
  nomsg,
  noprotoopt,
  nospc,
  nosys,
  notconn,
  notdir,
  notempty,
  notrecoverable,
  notsock,
  notsup,
  notty,
  nxio,
  overflow,
  ownerdead,
  perm,
  pipe,
  proto,
  protonosupport,
  prototype,
  range,
  rofs,
  spipe,
  srch,
  stale,
  timedout,
  txtbsy,
  xdev,
  notcapable,
};
static_assert(static_cast<int>(Errno::notcapable) == 76);

enum class FileType : std::uint8_t {
  unknown,
  blockDevice,
  characterDevice,
  directory,
  regularFile,
  socketDatagram,
  socketStream,
  symbolicLink,
};

/// What may be done with a descriptor. A set of flags.
using Rights = std::uint64_t;
inline constexpr Rights kFdDatasync = 1 << 0;
inline constexpr Rights kFdRead = 1 << 1;
inline constexpr Rights kFdSeek = 1 << 2;
inline constexpr Rights kFdFdstatSetFlags = 1 << 3;
inline constexpr Rights kFdSync = 1 << 4;
inline constexpr Rights kFdTell = 1 << 5;
inline constexpr Rights kFdWrite = 1 << 6;
inline constexpr Rights kFdAdvise = 1 << 7;
inline constexpr Rights kFdAllocate = 1 << 8;
inline constexpr Rights kPathCreateDirectory = 1 << 9;
inline constexpr Rights kPathCreateFile = 1 << 10;
inline constexpr Rights kPathLinkSource = 1 << 11;
inline constexpr Rights kPathLinkTarget = 1 << 12;
inline constexpr Rights kPathOpen = 1 << 13;
inline constexpr Rights kFdReaddir = 1 << 14;
inline constexpr Rights kPathReadlink = 1 << 15;
inline constexpr Rights kPathRenameSource = 1 << 16;
inline constexpr Rights kPathRenameTarget = 1 << 17;
inline constexpr Rights kPathFilestatGet = 1 << 18;
inline constexpr Rights kPathFilestatSetSize = 1 << 19;
inline constexpr Rights kPathFilestatSetTimes = 1 << 20;
inline constexpr Rights kFdFilestatGet = 1 << 21;
inline constexpr Rights kFdFilestatSetSize = 1 << 22;
inline constexpr Rights kFdFilestatSetTimes = 1 << 23;
inline constexpr Rights kPathSymlink = 1 << 24;
inline constexpr Rights kPathRemoveDirectory = 1 << 25;
inline constexpr Rights kPathUnlinkFile = 1 << 26;
inline constexpr Rights kPollFdReadwrite = 1 << 27;

/// All that a directory's descriptor can have.
inline constexpr Rights kDirectoryRights =
    kFdFdstatSetFlags | kFdSync | kFdDatasync | kFdAdvise | kPathCreateDirectory | kPathCreateFile |
    kPathLinkSource | kPathLinkTarget | kPathOpen | kFdReaddir | kPathReadlink | kPathRenameSource |
    kPathRenameTarget | kPathFilestatGet | kPathFilestatSetSize | kPathFilestatSetTimes |
    kFdFilestatGet | kFdFilestatSetTimes | kPathSymlink | kPathRemoveDirectory | kPathUnlinkFile |
    kPollFdReadwrite;
/// All that a regular file's descriptor can have.
inline constexpr Rights kFileRights =
    kFdDatasync | kFdRead | kFdSeek | kFdFdstatSetFlags | kFdSync | kFdTell | kFdWrite | kFdAdvise |
    kFdAllocate | kFdFilestatGet | kFdFilestatSetSize | kFdFilestatSetTimes | kPollFdReadwrite;
/// What changes anything: never given for a directory that is granted without `write`.
inline constexpr Rights kModifyingRights =
    kFdDatasync | kFdSync | kFdWrite | kFdAllocate | kPathCreateDirectory | kPathCreateFile |
    kPathLinkSource | kPathLinkTarget | kPathRenameSource | kPathRenameTarget |
    kPathFilestatSetSize | kPathFilestatSetTimes | kFdFilestatSetSize | kFdFilestatSetTimes |
    kPathSymlink | kPathRemoveDirectory | kPathUnlinkFile;
inline constexpr Rights kInputRights =
    kFdRead | kFdFdstatSetFlags | kFdFilestatGet | kPollFdReadwrite;
inline constexpr Rights kOutputRights =
    kFdWrite | kFdFdstatSetFlags | kFdFilestatGet | kPollFdReadwrite;

/// `fdflags`
inline constexpr std::uint16_t kAppend = 1 << 0;
inline constexpr std::uint16_t kDsync = 1 << 1;
inline constexpr std::uint16_t kNonblock = 1 << 2;
inline constexpr std::uint16_t kRsync = 1 << 3;
inline constexpr std::uint16_t kSync = 1 << 4;
inline constexpr std::uint16_t kAllFdFlags = kAppend | kDsync | kNonblock | kRsync | kSync;

/// `oflags`
inline constexpr std::uint16_t kCreate = 1 << 0;
inline constexpr std::uint16_t kDirectory = 1 << 1;
inline constexpr std::uint16_t kExclusive = 1 << 2;
inline constexpr std::uint16_t kTruncate = 1 << 3;
inline constexpr std::uint16_t kAllOpenFlags = kCreate | kDirectory | kExclusive | kTruncate;

/// `lookupflags`
inline constexpr std::uint32_t kSymlinkFollow = 1 << 0;

/// `fstflags`
inline constexpr std::uint16_t kSetAccessTime = 1 << 0;
inline constexpr std::uint16_t kSetAccessTimeNow = 1 << 1;
inline constexpr std::uint16_t kSetModificationTime = 1 << 2;
inline constexpr std::uint16_t kSetModificationTimeNow = 1 << 3;

/// `clockid`
inline constexpr std::uint32_t kRealtimeClock = 0;
inline constexpr std::uint32_t kMonotonicClock = 1;

/// `whence`
inline constexpr std::uint32_t kSeekSet = 0;
inline constexpr std::uint32_t kSeekCurrent = 1;
inline constexpr std::uint32_t kSeekEnd = 2;

/// `eventtype`
inline constexpr std::uint8_t kClockEvent = 0;
inline constexpr std::uint8_t kReadEvent = 1;
inline constexpr std::uint8_t kWriteEvent = 2;
/// `eventrwflags`
inline constexpr std::uint16_t kHangup = 1 << 0;
/// `subclockflags`
inline constexpr std::uint16_t kAbsoluteTime = 1 << 0;

// Sizes of the structures that pass through guest memory.
inline constexpr std::uint32_t kIovecSize = 8;
inline constexpr std::uint32_t kFdstatSize = 24;
inline constexpr std::uint32_t kFilestatSize = 64;
inline constexpr std::uint32_t kDirentSize = 24;
inline constexpr std::uint32_t kPrestatSize = 8;
inline constexpr std::uint32_t kSubscriptionSize = 48;
inline constexpr std::uint32_t kEventSize = 32;

}  // namespace skiff::wasi
