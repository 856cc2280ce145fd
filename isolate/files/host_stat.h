#pragma once

#include "isolate/files/file.h"

/// What the system says of files, in WASI's terms.
namespace skiff::wasi {

/// With Patience::cached, what the system knows already: a server of files is not asked.
FileResult<FileStat> statOf(int file, Patience patience);
/// Also of a symbolic link that was opened itself.
Errno setTimesOf(int file, const NewTimes& times);
/// From a directory entry's d_type.
FileType typeOfEntry(unsigned char type);

}  // namespace skiff::wasi
