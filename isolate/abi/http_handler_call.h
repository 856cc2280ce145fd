#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "isolate/abi/http_handler_state.h"
#include "isolate/exchange.h"
#include "isolate/host_context.h"

namespace skiff::http_handler {

/// One call of a guest to a function of `http_handler`: reads its arguments, writes its results,
/// and ends the guest with a message that names the function. A helper that answers nothing has
/// trapped; its caller returns HostResult::stop(). Lives as long as the call.
class Call {
 public:
  Call(HostContext& context, std::string_view function) : context_(context), function_(function) {}

  HostContext& context() const { return context_; }
  HandlerState& state() const { return context_.state<HandlerState>(); }
  bool enabled(Feature feature) const { return (context_.features() & feature) != 0; }

  HostResult trap(std::string_view why) const;
  /// Traps for an argument that lies outside the guest's memory.
  HostResult trapOutside(std::string_view argument, std::uint32_t address,
                         std::uint64_t length) const;

  /// The request; nullptr, after a trap, while the module initialises.
  Exchange* exchange() const;
  /// The same for what may only be done before `next`; `what` completes "cannot ... after next".
  Exchange* exchangeBeforeNext(std::string_view what) const;

  /// A text argument, in guest memory.
  std::optional<std::string_view> text(std::string_view argument, std::uint32_t address,
                                       std::uint32_t length) const;
  /// Accounts for text that is copied into a head; false after a trap.
  bool chargeHeadText(std::size_t bytes) const;

  /// The result of the `get_*` functions: all of `text` is written to `buffer` if it fits `limit`,
  /// else nothing; its length is answered either way.
  HostResult answer(std::string_view text, std::uint32_t buffer, std::uint32_t limit) const;

  /// Writes to the app's log, at most once a request for each kind.
  void warnOnce(Warning warning, std::string_view text) const;

 private:
  HostContext& context_;
  std::string_view function_;
};

}  // namespace skiff::http_handler
