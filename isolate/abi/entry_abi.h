#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "isolate/host_context.h"
#include "isolate/host_function.h"
#include "quota/reason.h"

namespace skiff {

/// An exported function that an ABI enters. Results are none, i32 or i64.
struct EntryPoint {
  std::string_view exportName;
  std::string_view parameters;  ///< letters as in HostFunction, i32 only
  char result;                  ///< 'i', 'I' or 0
  bool required;
  /// The first call of a request: the pristine state is restored in front of it.
  bool first;
};

/// What a request does next.
struct Step {
  enum class Kind : std::uint8_t {
    call,    ///< enter entry point `entry` with `arguments`
    await,   ///< wait (Exchange::waitFor was called), then ask ready()
    finish,  ///< done; the exchange was finished, or `reason` says why it was not
  };
  Kind kind = Kind::finish;
  std::uint8_t entry = 0;  ///< index into entryPoints()
  std::array<std::uint32_t, 2> arguments{};
  Reason reason = Reason::none;  ///< for finish: anything but none is answered by the server
  std::string_view detail{};     ///< for finish with a reason: one line for the app's log; static
};

/// How a module answers HTTP: which exports it is entered through, in which order, and how its
/// answers become a response. One immutable object per ABI; what a request needs is in HostContext.
class EntryAbi {
 public:
  virtual ~EntryAbi() = default;
  virtual std::string_view name() const = 0;  ///< "http-wasm", "cgi"
  virtual std::span<const EntryPoint> entryPoints() const = 0;

  /// The first step of a request.
  virtual Step begin(HostContext& context) const = 0;
  /// The entry point returned. `result` is its value, 0 if it has none. An i64 comes folded, so
  /// that it costs no BigInt: its high 32 bits times two plus its lowest bit (see wasm/rewrite.h).
  virtual Step returned(HostContext& context, std::uint8_t entry, std::int64_t result) const = 0;
  /// What an `await` waited for may have come about.
  virtual Step ready(HostContext& context) const = 0;
  /// The guest ended by HostContext::exit(); `finish` with a reason unless the ABI takes it for a
  /// regular end.
  virtual Step exited(HostContext& context, int code) const = 0;
};

const EntryAbi& httpHandlerAbi();  ///< isolate/abi/http_handler_abi.cc
const EntryAbi& cgiAbi();          ///< isolate/abi/cgi_abi.cc

/// The ABI of a module with these exports, or nullptr. `handle_request` is looked for before
/// `_start`.
const EntryAbi* detectAbi(std::span<const std::string_view> exportedFunctions);

/// Every import namespace there is: "http_handler", "wasi_snapshot_preview1", "env".
std::span<const HostModule> hostModules();

}  // namespace skiff
