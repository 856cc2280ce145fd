#include "isolate/abi/wasi_file_call.h"
#include "isolate/abi/wasi_functions.h"
#include "isolate/abi/wasi_path.h"

namespace skiff::wasi {
namespace {

/// What path_open needs of the directory itself.
Rights neededRights(std::uint32_t openFlags) {
  Rights needed = kPathOpen;
  if (openFlags & kCreate) needed |= kPathCreateFile;
  if (openFlags & kTruncate) needed |= kPathFilestatSetSize;
  return needed;
}

/// `rights`: already cut down to what the directory grants.
OpenHow howToOpen(std::uint32_t lookupFlags, std::uint32_t openFlags, std::uint32_t fdFlags,
                  Rights rights) {
  OpenHow how;
  how.read = rights & (kFdRead | kFdReaddir);
  how.write = rights & (kFdWrite | kFdAllocate | kFdFilestatSetSize);
  how.create = openFlags & kCreate;
  how.exclusive = openFlags & kExclusive;
  how.truncate = openFlags & kTruncate;
  how.directory = openFlags & kDirectory;
  how.append = fdFlags & kAppend;
  how.dataSync = fdFlags & kDsync;
  how.sync = fdFlags & (kSync | kRsync);
  how.follow = lookupFlags & kSymlinkFollow ? Follow::yes : Follow::no;
  return how;
}

}  // namespace

HostResult pathOpen(HostContext& context, const std::uint32_t* slots) {
  const std::uint32_t openFlags = slots[4];
  const std::uint32_t fdFlags = slots[9];
  const std::uint32_t resultAddress = slots[10];
  const Rights asked = slot64(slots + 5);

  const auto prepare = [&](WasiState& state) -> FileTask {
    const auto [directory, error] = state.directory(slots[0], neededRights(openFlags));
    if (!directory) return error;
    const GuestPath path(context.memory(), slots[2], slots[3]);
    if (path.error() != Errno::success) return path.error();
    if ((fdFlags & ~std::uint32_t{kAllFdFlags}) || (openFlags & ~std::uint32_t{kAllOpenFlags})) {
      return Errno::inval;
    }
    // Kernels disagree on what this makes.
    if ((openFlags & kCreate) && (openFlags & kDirectory)) return Errno::inval;
    if (!context.memory().slice(resultAddress, sizeof(std::uint32_t))) return Errno::fault;
    if (!state.hasRoom()) return Errno::mfile;
    // Libraries ask for all sorts of rights, but a program that wants to write must not be told
    // that it can.
    if (asked & ~directory->inheriting & (kFdRead | kFdWrite)) return Errno::notcapable;
    const OpenHow how = howToOpen(slots[1], openFlags, fdFlags, asked & directory->inheriting);
    // Creating and truncating change the disk.
    const Effort effort = how.create || how.truncate ? Effort::writing : Effort::none;
    return {*directory->file, effort,
            [file = directory->file, path = path.text(), how](Patience patience) {
              return file->open(path, how, patience);
            }};
  };
  return fileCall(context, prepare, [&](FileOutcome& outcome) {
    WasiState& state = context.state<WasiState>();
    // Nothing can have changed it since: one thread, and it waited.
    const Rights granted = state.find(slots[0])->inheriting;
    Descriptor descriptor;
    if (outcome.file->type() == FileType::directory) {
      descriptor.kind = Descriptor::Kind::directory;
      descriptor.rights = asked & granted & kDirectoryRights;
      descriptor.inheriting = slot64(slots + 7) & granted & (kDirectoryRights | kFileRights);
    } else {
      descriptor.kind = Descriptor::Kind::file;
      descriptor.rights = asked & granted & kFileRights;
    }
    descriptor.flags = static_cast<std::uint16_t>(fdFlags);
    descriptor.file = std::move(outcome.file);
    context.memory().store(resultAddress, *state.insert(std::move(descriptor)));
    return Errno::success;
  });
}

}  // namespace skiff::wasi
