#include "isolate/abi/http_handler_call.h"

namespace skiff::http_handler {

HostResult Call::trap(std::string_view why) const {
  return context_.trap("http_handler." + std::string(function_) + ": " + std::string(why));
}

HostResult Call::trapOutside(std::string_view argument, std::uint32_t address,
                             std::uint64_t length) const {
  return trap(std::string(argument) + " lies outside memory: " + std::to_string(length) +
              " bytes at " + std::to_string(address));
}

Exchange* Call::exchange() const {
  Exchange* exchange = context_.exchange();
  if (!exchange) trap("there is no request yet: the module is being initialised");
  return exchange;
}

Exchange* Call::exchangeBeforeNext(std::string_view what) const {
  Exchange* exchange = this->exchange();
  if (!exchange) return nullptr;
  if (state().phase == Phase::response) {
    trap("cannot " + std::string(what) + " after next: do it in handle_request");
    return nullptr;
  }
  return exchange;
}

std::optional<std::string_view> Call::text(std::string_view argument, std::uint32_t address,
                                           std::uint32_t length) const {
  if (length == 0) return std::string_view();
  const auto text = context_.memory().text(address, length);
  if (!text) trapOutside(argument, address, length);
  return text;
}

bool Call::chargeHeadText(std::size_t bytes) const {
  HandlerState& state = this->state();
  if (bytes > HandlerState::kMaxHeadText - state.headText) {
    trap("this request's handler has set more than 1 MiB of header text");
    return false;
  }
  state.headText += bytes;
  return true;
}

HostResult Call::answer(std::string_view text, std::uint32_t buffer, std::uint32_t limit) const {
  if (!text.empty() && text.size() <= limit && !context_.memory().write(buffer, text)) {
    return trapOutside("buf", buffer, text.size());
  }
  return HostResult::value(static_cast<std::int64_t>(text.size()));
}

void Call::warnOnce(Warning warning, std::string_view text) const {
  HandlerState& state = this->state();
  if ((state.warned & warning) != 0) return;
  state.warned |= warning;
  GuestLog* log = context_.settings().log;
  if (!log) return;
  const Exchange* exchange = context_.exchange();
  log->write(LogLevel::warn, exchange ? exchange->requestId() : "",
             "http_handler." + std::string(function_) + ": " + std::string(text));
}

}  // namespace skiff::http_handler
