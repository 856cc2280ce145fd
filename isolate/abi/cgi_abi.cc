#include "isolate/abi/cgi_abi.h"

#include <string>

#include "isolate/abi/cgi_state.h"
#include "isolate/abi/wasi_state.h"

namespace skiff {
namespace {

constexpr EntryPoint kEntryPoints[] = {
    {.exportName = "_start", .parameters = "", .result = 0, .required = true, .first = true}};

Step refused(Reason reason, std::string_view detail) {
  Step step;
  step.kind = Step::Kind::finish;
  step.reason = reason;
  step.detail = detail;
  return step;
}

void log(HostContext& context, const std::string& text) {
  GuestLog* log = context.settings().log;
  if (log && log->enabled(LogLevel::error)) {
    log->write(LogLevel::error, context.exchange()->requestId(), text);
  }
}

Step badResponse(HostContext& context, const CgiState& cgi) {
  if (const std::size_t line = cgi.errorLine(); line > 0) {
    log(context, "line " + std::to_string(line) + " of the output: " + std::string(cgi.error()));
  }
  return refused(Reason::badResponse, cgi.error());
}

}  // namespace

std::span<const EntryPoint> CgiAbi::entryPoints() const {
  return kEntryPoints;
}

Step CgiAbi::begin(HostContext& context) const {
  context.state<wasi::WasiState>().connect(context.state<CgiState>());
  Step step;
  step.kind = Step::Kind::call;
  step.entry = 0;
  return step;
}

Step CgiAbi::returned(HostContext& context, std::uint8_t, std::int64_t) const {
  context.state<wasi::WasiState>().flushLogs();
  CgiState& cgi = context.state<CgiState>();
  if (!cgi.endOutput().empty()) return badResponse(context, cgi);
  context.exchange()->finish();
  return {};
}

Step CgiAbi::ready(HostContext&) const {
  // Nothing is ever awaited: a program that waits is suspended within its call.
  Step step;
  step.kind = Step::Kind::await;
  return step;
}

Step CgiAbi::exited(HostContext& context, int code) const {
  CgiState& cgi = context.state<CgiState>();
  // Ended because of its output: the code is not the program's own.
  const bool outputRefused = !cgi.error().empty();
  if (code == 0 || outputRefused) return returned(context, 0, 0);
  context.state<wasi::WasiState>().flushLogs();
  return refused(Reason::guestExit, {});
}

const EntryAbi& cgiAbi() {
  static const CgiAbi abi;
  return abi;
}

}  // namespace skiff
