#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "isolate/abi/entry_abi.h"
#include "isolate/wasm/module.h"

/// What tests of module preparation share: modules from text, and the engine that has the last word
/// on them.
namespace skiff::wasm {

using Bytes = std::vector<std::uint8_t>;

/// The binary of a module in text format, by wabt's wat2wasm with the proposals
/// that engines have. Fails the test and
/// gives nothing if it does not assemble.
Bytes assemble(std::string_view text);
/// The same without a look at whether it is valid.
Bytes assembleUnchecked(std::string_view text);

/// Runs JavaScript in the engine's executable, with each of `modules` as `modules[i]`, a
/// Uint8Array. What it prints.
std::string runInEngine(std::span<const Bytes> modules, std::string_view script);
std::string runInEngine(const Bytes& module, std::string_view script);

/// Why the engine refuses each module; empty if it takes it.
std::vector<std::string> engineErrors(std::span<const Bytes> modules);
std::string engineError(const Bytes& module);

/// A section from its body.
Bytes section(std::uint8_t id, const Bytes& body);
/// A module from its sections.
Bytes moduleOf(const std::vector<Bytes>& sections);

/// An ABI with entry points like those of http-wasm: `handle_request` () -> i64, which comes first,
/// and `handle_response` (i32, i32), which need not be there.
const EntryAbi& handlerAbi();
/// One entry point, `_start` () -> ().
const EntryAbi& commandAbi();
/// "host": `plain` (i32, i32) -> i32, `wide` (i64) -> i64, `waiting` (i32, i64) -> i32,
/// `waiting_wide` () -> i64, `waiting_nothing` (i32); "other": `nothing`.
std::span<const HostModule> testModules();

}  // namespace skiff::wasm
