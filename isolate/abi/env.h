#pragma once

#include "isolate/host_function.h"

namespace skiff {

/// The namespace "env" as AssemblyScript's programs import it: `abort(message, file, line,
/// column)`, called by a failed assertion or a thrown error. It ends the guest as a trap whose
/// message says what the program said, with the place in its source.
///
/// Strings are AssemblyScript's: a pointer to UTF-16 code units, preceded by a 32-bit length in
/// bytes; 0 is "no string". Pointers that lie outside memory, and texts that are too long, shorten
/// the message and do no other harm.
const HostModule& envModule();

}  // namespace skiff
