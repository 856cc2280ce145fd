// skiff logs: what an app's guests write.
#include <CLI/CLI.hpp>
#include <memory>
#include <ostream>
#include <thread>

#include "cli/commands/choose_app.h"
#include "cli/commands/command_line.h"
#include "cli/commands/log_line.h"
#include "cli/session/json_fields.h"

namespace skiff::cli {
namespace {

constexpr std::chrono::milliseconds kFirstPause{250};
constexpr std::chrono::milliseconds kLongestPause{5000};

struct LogOptions {
  std::string app;
  std::string positional;
  bool follow = false;
  unsigned attempts = 0;  ///< connections that may fail in a row; 0: any number
};

class LogPrinter {
 public:
  explicit LogPrinter(Session& session) : session_(session) {}

  /// Prints what a connection brings; false if nobody reads the output any more.
  bool print(const SseEvent& event) {
    isAlive_ = true;
    if (event.name == "skipped") {
      const auto count = countOf(parseJson(event.data), "events");
      session_.console().errors << "skiff: " << count << " lines came too fast and were left out\n";
    }
    if (event.name != "message" || !printed_.take(event.data)) return true;
    Console& console = session_.console();
    const auto line = session_.wantsJson() ? parseJson(event.data) : boost::json::value();
    console.out << (line.is_object() ? jsonText(line) : logLineText(console, event.data)) << "\n"
                << std::flush;
    return console.out.good();
  }
  /// Whether something came since the last call.
  bool wasAlive() { return std::exchange(isAlive_, false); }
  void reconnected() { printed_.reconnected(); }

 private:
  Session& session_;
  PrintedLines printed_;
  bool isAlive_ = false;
};

bool isStream(const Reply& reply) {
  return reply.status == 200 && reply.contentType.starts_with("text/event-stream");
}

ExitStatus showLogs(Session& session, const LogOptions& options) {
  const auto name = chooseApp(session, options.app.empty() ? options.positional : options.app);
  if (!name) return name.error();
  const Request request{.target = name->path("logs") + (options.follow ? "?follow=1" : ""),
                        .fields = {{"Accept", "text/event-stream"}}};
  LogPrinter printer(session);
  TransferLimits limits;
  if (!options.follow) limits.silence = limits.timeout;
  const TransferHooks hooks{.onSent = {},
                            .onEvent = [&](const SseEvent& event) { return printer.print(event); }};
  const auto access = session.access();
  if (!access) return access.error();
  // The first question explains what is wrong; later ones are for a daemon that comes back.
  auto first = session.ask(request, hooks, limits);
  if (first && !isStream(*first)) return session.explain(request.target, *first);
  if (!options.follow) return first ? ExitStatus::success : first.error();
  if (!first && !printer.wasAlive()) return first.error();

  Request again = request;
  again.token = access->token;
  auto pause = kFirstPause;
  for (unsigned failures = 0; session.console().out.good();) {
    if (options.attempts != 0 && ++failures > options.attempts) {
      return session.fail("the daemon does not come back");
    }
    session.console().errors << "skiff: the connection ended; connecting again\n";
    std::this_thread::sleep_for(pause);
    printer.reconnected();
    const auto reply = transfer(access->address, again, limits, hooks);
    if (reply && !isStream(*reply)) return session.explain(again.target, *reply);
    const bool wasAlive = printer.wasAlive();
    if (wasAlive) failures = 0;
    pause = wasAlive ? kFirstPause : std::min(2 * pause, kLongestPause);
  }
  return ExitStatus::success;
}

}  // namespace

void addLogsCommand(CLI::App& root, CommandLine& line) {
  const auto options = std::make_shared<LogOptions>();
  CLI::App& logs = CommandLine::add(root, "logs", "Print what an app's guests log",
                                    "  skiff logs web\n"
                                    "  skiff logs web -f\n"
                                    "  skiff logs acme/web -f --json | jq .message");
  addAppOption(logs, options->app);
  logs.add_option("app", options->positional, "The app, instead of --app")->type_name("APP");
  logs.add_flag("-f,--follow", options->follow, "Go on with what comes, until Ctrl-C");
  logs.add_option("--attempts", options->attempts,
                  "With -f: give up after so many connections that bring nothing (0: never)")
      ->capture_default_str();
  line.when(logs, [options](Session& session) { return showLogs(session, *options); });
}

}  // namespace skiff::cli
