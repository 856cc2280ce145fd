#include "isolate/abi/http_handler_functions.h"

#include "isolate/abi/http_handler_call.h"

namespace skiff {
namespace http_handler {
namespace {

constexpr HostFunction kFunctions[] = {
    {"enable_features", "i", 'i', false, enableFeatures},
    {"get_config", "ii", 'i', false, getConfig},
    {"log_enabled", "i", 'i', false, logEnabled},
    {"log", "iii", 0, false, log},
    {"get_method", "ii", 'i', false, getMethod},
    {"set_method", "ii", 0, false, setMethod},
    {"get_uri", "ii", 'i', false, getUri},
    {"set_uri", "ii", 0, false, setUri},
    {"get_protocol_version", "ii", 'i', false, getProtocolVersion},
    {"get_source_addr", "ii", 'i', false, getSourceAddress},
    {"get_header_names", "iii", 'I', false, getHeaderNames},
    {"get_header_values", "iiiii", 'I', false, getHeaderValues},
    {"set_header_value", "iiiii", 0, false, setHeaderValue},
    {"add_header_value", "iiiii", 0, false, addHeaderValue},
    {"remove_header", "iii", 0, false, removeHeader},
    {"read_body", "iii", 'I', true, readBody},
    {"write_body", "iii", 0, true, writeBody},
    {"get_status_code", "", 'i', false, getStatusCode},
    {"set_status_code", "i", 0, false, setStatusCode},
};
constexpr HostModule kModule{"http_handler", kFunctions};

/// Whether lines of a level that a guest names are wanted.
bool wanted(const HostContext& context, std::int32_t level) {
  if (level < static_cast<std::int32_t>(LogLevel::debug)) return false;
  if (level >= static_cast<std::int32_t>(LogLevel::none)) return false;
  const GuestLog* guestLog = context.settings().log;
  return guestLog && guestLog->enabled(static_cast<LogLevel>(level));
}

}  // namespace

HostResult enableFeatures(HostContext& context, const std::uint32_t* slots) {
  // After next it is too late: what it would need was not kept.
  const bool inTime = !context.exchange() || context.state<HandlerState>().phase == Phase::request;
  if (inTime) context.setFeatures(context.features() | (slots[0] & kSupportedFeatures));
  return HostResult::value(kSupportedFeatures);
}

HostResult getConfig(HostContext& context, const std::uint32_t* slots) {
  return Call(context, "get_config").answer(context.settings().config, slots[0], slots[1]);
}

HostResult logEnabled(HostContext& context, const std::uint32_t* slots) {
  return HostResult::value(wanted(context, static_cast<std::int32_t>(slots[0])) ? 1 : 0);
}

HostResult log(HostContext& context, const std::uint32_t* slots) {
  const Call call(context, "log");
  const auto message = call.text("message", slots[1], slots[2]);
  if (!message) return HostResult::stop();
  const auto level = static_cast<std::int32_t>(slots[0]);
  if (!wanted(context, level)) return HostResult::done();
  const Exchange* exchange = context.exchange();
  context.settings().log->write(static_cast<LogLevel>(level), exchange ? exchange->requestId() : "",
                                *message);
  return HostResult::done();
}

}  // namespace http_handler

const HostModule& httpHandlerModule() {
  return http_handler::kModule;
}

}  // namespace skiff
