#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "isolate/abi/entry_abi.h"

namespace skiff {

/// http-wasm handlers (https://http-wasm.io/http-handler-abi/): handle_request answers, or asks for
/// the next handler, which is the app's origin; then handle_response sees the origin's answer.
///
///   begin() -> handle_request -> finish                                    the guest answered
///                             -> await next -> handle_response -> finish   it went on
///
/// What the specification leaves to the host, here:
///  - `next` without an origin ends the request with Reason::originError.
///  - What handle_request wrote to the response's body is dropped if it then asks for next; if some
///    of it has been sent already, the request ends with Reason::badResponse.
///  - If the origin fails, status 502 is prepared and handle_response called with is_error 1. If
///  that
///    neither sets a status nor writes a body, the request ends with Reason::originError.
///  - A handler that exits (proc_exit) ends the request with Reason::guestExit, whatever the code.
class HttpHandlerAbi final : public EntryAbi {
 public:
  static constexpr std::uint8_t kHandleRequest = 0;
  static constexpr std::uint8_t kHandleResponse = 1;

  std::string_view name() const override { return "http-wasm"; }
  std::span<const EntryPoint> entryPoints() const override;
  Step begin(HostContext& context) const override;
  Step returned(HostContext& context, std::uint8_t entry, std::int64_t result) const override;
  Step ready(HostContext& context) const override;
  Step exited(HostContext& context, int code) const override;

 private:
  Step requestHandled(HostContext& context, std::int64_t result) const;
  Step responseHandled(HostContext& context) const;
};

}  // namespace skiff
