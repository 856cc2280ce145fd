#pragma once

#include <v8.h>

#include <cstdint>
#include <vector>

namespace skiff {

/// Where the functions of a guest stood, innermost first: for each the offset in the module that
/// the engine runs (the rewritten one) of the instruction that trapped or called. Taken only when
/// something went wrong; wasm::Symbols says what it means.
using StackOffsets = std::vector<std::uint32_t>;

/// Frames that are taken of a stack; those further out are left away. The engine counts among them
/// a shim's and an entry's wrapper, which are not the guest's.
inline constexpr int kMaxStackFrames = 32;

/// The stack of the guest in whose host function, or interruption, this is called.
/// REQUIRES: a HandleScope is open.
StackOffsets currentStack(v8::Isolate* isolate);

/// The stack that the engine noted when it made a trap's exception; empty if there is none.
/// REQUIRES: a HandleScope is open.
StackOffsets stackOf(v8::Isolate* isolate, v8::Local<v8::Value> exception);

}  // namespace skiff
