#include "isolate/abi/wasi_path.h"

#include <algorithm>

#include "isolate/abi/wasi_file_call.h"
#include "isolate/abi/wasi_functions.h"

namespace skiff::wasi {
namespace {

Errno done(const FileOutcome&) {
  return Errno::success;
}

/// A path in a directory that the guest holds with the right to change it so.
struct Place {
  std::shared_ptr<File> directory;
  std::string path;
};
FileResult<Place> placeOf(HostContext& context, std::uint32_t number, Rights needed,
                          std::uint32_t pathAddress, std::uint32_t pathSize) {
  const auto [directory, error] = context.state<WasiState>().directory(number, needed);
  if (!directory) return error;
  const GuestPath path(context.memory(), pathAddress, pathSize);
  if (path.error() != Errno::success) return path.error();
  return Place{directory->file, path.text()};
}

/// A call that changes the one entry which `slots` name: directory, path, its size.
HostResult changeEntry(HostContext& context, const std::uint32_t* slots, Rights needed,
                       Errno (File::*change)(const std::string&)) {
  const auto prepare = [&](WasiState&) -> FileTask {
    const auto place = placeOf(context, slots[0], needed, slots[1], slots[2]);
    if (place.has_error()) return place.error();
    return {*place->directory, Effort::writing,
            [place = *place, change](Patience) { return (*place.directory.*change)(place.path); }};
  };
  return fileCall(context, prepare, done);
}

/// A call from one place to another: `from` and `to` are slots of directory, path, its size.
HostResult changeBoth(HostContext& context, const std::uint32_t* from, Rights fromNeeded,
                      const std::uint32_t* to, Rights toNeeded,
                      Errno (File::*change)(const std::string&, File&, const std::string&)) {
  const auto prepare = [&](WasiState&) -> FileTask {
    const auto source = placeOf(context, from[0], fromNeeded, from[1], from[2]);
    if (source.has_error()) return source.error();
    const auto target = placeOf(context, to[0], toNeeded, to[1], to[2]);
    if (target.has_error()) return target.error();
    // Different file systems. Files in memory must not reach a thread for file I/O.
    if (source->directory->immediate() != target->directory->immediate()) return Errno::xdev;
    return {*source->directory, Effort::writing,
            [source = *source, target = *target, change](Patience) {
              return (*source.directory.*change)(source.path, *target.directory, target.path);
            }};
  };
  return fileCall(context, prepare, done);
}

}  // namespace

GuestPath::GuestPath(GuestMemory& memory, std::uint32_t address, std::uint32_t size) {
  if (size > kMaxSize) {
    error_ = Errno::nametoolong;
    return;
  }
  const auto text = memory.text(address, size);
  if (!text) {
    error_ = Errno::fault;
    return;
  }
  text_ = *text;
  if (text_.empty()) error_ = Errno::noent;
  if (text_.find('\0') != std::string::npos) error_ = Errno::inval;
  if (text_.starts_with('/')) error_ = Errno::notcapable;
}

HostResult pathCreateDirectory(HostContext& context, const std::uint32_t* slots) {
  return changeEntry(context, slots, kPathCreateDirectory, &File::makeDirectory);
}

HostResult pathRemoveDirectory(HostContext& context, const std::uint32_t* slots) {
  return changeEntry(context, slots, kPathRemoveDirectory, &File::removeDirectory);
}

HostResult pathUnlinkFile(HostContext& context, const std::uint32_t* slots) {
  return changeEntry(context, slots, kPathUnlinkFile, &File::unlink);
}

HostResult pathRename(HostContext& context, const std::uint32_t* slots) {
  return changeBoth(context, slots, kPathRenameSource, slots + 3, kPathRenameTarget, &File::rename);
}

HostResult pathLink(HostContext& context, const std::uint32_t* slots) {
  // A link is made to what is named, never to what that points at.
  if (slots[1] & kSymlinkFollow) return answer(Errno::inval);
  const std::uint32_t from[] = {slots[0], slots[2], slots[3]};
  return changeBoth(context, from, kPathLinkSource, slots + 4, kPathLinkTarget, &File::link);
}

HostResult pathSymlink(HostContext& context, const std::uint32_t* slots) {
  const auto prepare = [&](WasiState&) -> FileTask {
    const GuestPath target(context.memory(), slots[0], slots[1]);
    if (target.error() != Errno::success) return target.error();
    const auto place = placeOf(context, slots[2], kPathSymlink, slots[3], slots[4]);
    if (place.has_error()) return place.error();
    return {*place->directory, Effort::writing, [place = *place, target = target.text()](Patience) {
              return place.directory->symlink(target, place.path);
            }};
  };
  return fileCall(context, prepare, done);
}

HostResult pathReadlink(HostContext& context, const std::uint32_t* slots) {
  const auto prepare = [&](WasiState&) -> FileTask {
    const auto place = placeOf(context, slots[0], kPathReadlink, slots[1], slots[2]);
    if (place.has_error()) return place.error();
    GuestMemory& memory = context.memory();
    if (!memory.slice(slots[3], slots[4]) || !memory.slice(slots[5], sizeof(std::uint32_t))) {
      return Errno::fault;
    }
    return {*place->directory, Effort::none, [place = *place](Patience patience) {
              return place.directory->readlink(place.path, patience);
            }};
  };
  return fileCall(context, prepare, [&](FileOutcome& outcome) {
    outcome.text.resize(std::min<std::size_t>(outcome.text.size(), slots[4]));
    context.memory().write(slots[3], outcome.text);
    context.memory().store(slots[5], static_cast<std::uint32_t>(outcome.text.size()));
    return Errno::success;
  });
}

}  // namespace skiff::wasi
