// skiff dev: a module served by a daemon of its own, and deployed again whenever it changes.
#include <sys/signalfd.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <csignal>
#include <filesystem>
#include <memory>
#include <ostream>

#include "cli/commands/command_line.h"
#include "cli/commands/deploying.h"
#include "cli/dev/dev_loop.h"
#include "config/name.h"
#include "config/printable.h"

namespace skiff::cli {
namespace {

struct DevOptions {
  DevApp app;
  std::string daemon;
  std::uint16_t port = 0;
  bool isVerbose = false;
};

/// The signals that end it, as a descriptor; they stay blocked, in threads that are made later too.
class EndingSignals {
 public:
  EndingSignals() {
    sigset_t set;
    ::sigemptyset(&set);
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) ::sigaddset(&set, number);
    ::pthread_sigmask(SIG_BLOCK, &set, &before_);
    descriptor_ = ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  }
  ~EndingSignals() {
    signalfd_siginfo taken{};
    while (descriptor_ >= 0 && ::read(descriptor_, &taken, sizeof taken) > 0) {
    }
    if (descriptor_ >= 0) ::close(descriptor_);
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  EndingSignals(const EndingSignals&) = delete;
  EndingSignals& operator=(const EndingSignals&) = delete;
  int descriptor() const { return descriptor_; }

 private:
  sigset_t before_{};
  int descriptor_ = -1;
};

/// What an app of that file may be called.
std::string appNameOf(const std::string& file) {
  std::string name;
  for (const char c : std::filesystem::path(file).stem().string()) {
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    name.push_back(isValidName({&lower, 1}) ? lower : '-');
  }
  name.resize(std::min(name.size(), kLongestName));
  return name.empty() ? "app" : name;
}

/// The skiffd that was built or installed with this skiff.
std::string daemonBeside() {
  std::error_code error;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
  return (self.parent_path() / "skiffd").string();
}

/// Where to try the first route.
std::string urlFor(const DevApp& app, std::uint16_t port) {
  const boost::json::object listening{
      {"listen", boost::json::array{"127.0.0.1:" + std::to_string(port)}}};
  const std::string url = urlToTry(app.changes.routes.front(), listening);
  return url.empty() ? "http://127.0.0.1:" + std::to_string(port) + "/" : url;
}

ExitStatus dev(Session& session, DevOptions options) {
  Console& console = session.console();
  DevApp& app = options.app;
  if (const auto module = readModule(app.file); !module) {
    return session.fail(module.error().message);
  }
  app.name = appNameOf(app.file);
  if (app.changes.routes.empty()) app.changes.routes = {"*/*"};
  const EndingSignals signals;
  auto watch = FileWatch::on(app.file);
  if (!watch) return session.fail(watch.error().message);
  const std::string program = options.daemon.empty() ? daemonBeside() : options.daemon;
  auto daemon = DevDaemon::start(program, options.port);
  if (!daemon) {
    console.errors << "skiff: ";
    const std::string message = daemon.error().message;
    for (std::string_view rest = message; !rest.empty();) {
      const std::size_t end = rest.find('\n');
      console.errors << printable(rest.substr(0, end)) << "\n";
      rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
    }
    return ExitStatus::failed;
  }
  const std::string url = urlFor(app, daemon->port());
  Deployer deployer(daemon->admin(), daemon->token(), std::move(app));
  return DevLoop(console, *daemon, *watch, deployer, url, options.isVerbose)
      .run(signals.descriptor());
}

}  // namespace

void addDevCommand(CLI::App& root, CommandLine& line) {
  const auto options = std::make_shared<DevOptions>();
  CLI::App& command = CommandLine::add(
      root, "dev", "Serve a module here, and again whenever its file changes",
      "  skiff dev hello.wasm\n"
      "  skiff dev build/web.wasm --port 8080 --route 'web.localhost/*' --env GREETING=hello\n"
      "It starts a skiffd of its own, with its files in a temporary folder, and prints its logs. "
      "If a new module is refused, the one before serves on.");
  command.add_option("file", options->app.file, "The module")->required()->type_name("FILE.wasm");
  command.add_option("--port", options->port,
                     "Where to serve, on 127.0.0.1 (default: a free port)");
  addAppDocumentOptions(command, options->app.changes);
  addDocumentOptions(command, options->app.changes);
  command
      .add_option("--skiffd", options->daemon, "The daemon's program (default: beside this one)")
      ->type_name("FILE");
  command.add_flag("-v,--verbose", options->isVerbose, "Print the daemon's own log, too");
  line.when(command, [options](Session& session) { return dev(session, *options); });
}

}  // namespace skiff::cli
