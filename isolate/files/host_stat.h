#pragma once

#include "isolate/files/file.h"

/// What the system says of files, in WASI's terms.
namespace skiff::wasi {

FileResult<FileStat> statOf(int file);
/// Also of a symbolic link that was opened itself.
Errno setTimesOf(int file, const NewTimes& times);
/// From a directory entry's d_type.
FileType typeOfEntry(unsigned char type);

}  // namespace skiff::wasi
