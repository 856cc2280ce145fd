#pragma once

#include "config/result.h"
#include "deploy/blobs/descriptor.h"

namespace skiff {

class TicketKeys;

// The keys of session tickets on their way to a successor, so that clients resume their sessions
// with it: in memory that only the two processes have, never in the environment nor in a file.

/// What that memory's descriptor is called when it is passed on.
inline constexpr const char* kTicketKeysName = "skiff-ticket-keys";

/// A copy of the keys, of a size that cannot be changed.
Result<Descriptor> passOnTicketKeys(const TicketKeys& keys);

/// Takes them over from `passed`, and overwrites them there. An error, and no key, if they are not
/// what passOnTicketKeys() has made.
Result<void> takeTicketKeys(const Descriptor& passed, TicketKeys& keys);

}  // namespace skiff
