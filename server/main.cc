// skiffd's main: reads the command line and the configuration, then checks or serves.
#include <fcntl.h>
#include <signal.h>
#include <spdlog/spdlog.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "config/load.h"
#include "isolate/addon_entry.h"
#include "isolate/engine.h"
#include "isolate/memory/tracked_memory.h"
#include "quota/watchdog.h"
#include "server/file_apps.h"
#include "server/module_compilation.h"
#include "server/module_preparer.h"
#include "server/observe/operator_log.h"
#include "server/served_apps.h"
#include "server/server.h"
#include "server/tls/admin_certificate.h"
#include "server/tls/certificate_table.h"

namespace skiff {
namespace {

/// One descriptor a connection: as many as the system lets us have. And room for them: the kernel
/// makes the table of descriptors twice as large whenever it is full, at 64, 128, 256 and so on,
/// and then keeps the thread that wanted one more waiting until every processor has noticed, 10 to
/// 20 ms.
void raiseDescriptorLimit() {
  constexpr rlim_t kRoom = 65'536;  // half a megabyte of the kernel's
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  (void)::setrlimit(RLIMIT_NOFILE, &limit);
  const int any = ::open("/", O_PATH | O_CLOEXEC);
  const int high =
      ::fcntl(any, F_DUPFD_CLOEXEC, static_cast<int>(std::min(limit.rlim_cur, kRoom)) - 1);
  if (high >= 0) ::close(high);
  if (any >= 0) ::close(any);
}

/// The thread that watches over guests' time goes first, also once root's privileges have been
/// given up.
void keepPriorityWithinReach() {
  constexpr rlimit kLeast{1, 1};
  rlimit limit{};
  if (::getrlimit(RLIMIT_RTPRIO, &limit) != 0 || limit.rlim_cur >= kLeast.rlim_cur) return;
  (void)::setrlimit(RLIMIT_RTPRIO, &kLeast);
}

/// Prints what is wrong with them.
bool checkCertificates(const Config& config) {
  if (config.admin.isTls()) {
    const auto admin = AdminCertificate::load(config.admin);
    if (admin.has_error()) {
      std::fprintf(stderr, "%s\n", admin.error().message.c_str());
      return false;
    }
    for (const std::string& warning : admin->warnings) {
      std::fprintf(stderr, "%s\n", warning.c_str());
    }
  }
  if (config.certificates.empty()) return true;
  const auto loaded = CertificateTable::load(config.certificates);
  if (loaded.has_error()) {
    for (const Error& error : loaded.error()) std::fprintf(stderr, "%s\n", error.message.c_str());
    return false;
  }
  for (const std::string& warning : loaded->warnings) {
    std::fprintf(stderr, "%s\n", warning.c_str());
  }
  return true;
}

int check(Engine& engine, const Config& config) {
  if (!checkCertificates(config)) return 1;
  Watchdog watchdog;
  // What modules log while they initialise: often why they then trap.
  auto sink = LogSink::onDescriptor(STDERR_FILENO);
  if (sink.has_error()) return 1;
  wasi::OpenFileBudget openFiles(SIZE_MAX);
  Quotas quotas;
  quotas.apply(config);
  // A check leaves nothing behind.
  ModuleCompilation compilation(
      engine, std::make_shared<CompileSpawner>(ModuleCompilation::command()), std::nullopt);
  ModulePreparer preparer(engine, watchdog, openFiles, compilation);
  const auto built = FileApps(preparer, quotas, **sink).build(config, nullptr);
  if (built.has_error()) {
    for (const Error& error : built.error()) std::fprintf(stderr, "%s\n", error.message.c_str());
    return 1;
  }
  const auto drafted = ServedApps().draft({*built, {}});
  if (drafted.has_error()) {
    for (const RouteConflict& conflict : drafted.error()) {
      std::fprintf(stderr, "%s\n", conflict.message.c_str());
    }
    return 1;
  }
  std::printf("%s: good: %zu apps on %zu routes\n", config.file.c_str(), built->size(),
              (*drafted)->routes->size());
  return 0;
}

/// `arguments`: this process' own.
StarterPrograms programsToStart(const std::vector<std::string>& arguments) {
  StarterPrograms programs{{}, ModuleCompilation::command()};
  if (const char* const executable = std::getenv("SKIFF_EXECUTABLE")) {
    programs.successor = {executable};
    programs.successor.insert(programs.successor.end(), arguments.begin() + 1, arguments.end());
  }
  return programs;
}

int serve(Engine& engine, Config config, const StarterPrograms& programs) {
  auto passed = PassedDescriptors::take();
  if (passed.has_error()) {
    spdlog::error("{}", passed.error().message);
    return 1;
  }
  auto starter = Starter::start(Engine::library() / "skiff-starter", programs);
  if (starter.has_error()) {
    spdlog::error("{}", starter.error().message);
    return 1;
  }
  Server server(engine, std::move(config), {std::move(*passed), std::move(*starter)});
  if (const auto opened = server.open(); opened.has_error()) {
    spdlog::error("{}", opened.error().message);
    return 1;
  }
  return server.run();
}

}  // namespace

int addonMain(Engine& engine, const std::vector<std::string>& arguments) {
  CLI::App app{"skiffd serves tenants' WebAssembly over HTTP.", "skiffd"};
  std::string file;
  bool checkOnly = false;
  bool verbose = false;
  app.add_option("-c,--config", file, "Configuration file (TOML)")->required();
  app.add_flag("--check", checkOnly,
               "Validate the configuration, prepare the modules it names, and exit");
  app.add_flag("-v,--verbose", verbose, "Log more");
  app.set_version_flag("--version", "skiffd " SKIFF_VERSION " (V8 " + Engine::version() + ")");
  app.footer(
      "Once it listens it opens nothing but what FILE names by then: see [sandbox] there. "
      "Signals: SIGHUP reloads tenants, apps, limits and certificates; SIGUSR1 opens the access "
      "log anew; SIGUSR2 has a new process take this one's place, with no connection lost; SIGTERM "
      "finishes what is in flight and ends.");
  std::vector<std::string> reversed(arguments.rbegin(), arguments.rend() - 1);
  try {
    app.parse(reversed);
  } catch (const CLI::ParseError& error) {
    return app.exit(error);
  }

  auto loaded = loadConfig(file);
  if (loaded.has_error()) {
    for (const Diagnostic& diagnostic : loaded.error()) {
      std::fprintf(stderr, "%s\n", diagnostic.text().c_str());
    }
    return 1;
  }
  ::prctl(PR_SET_NAME, "skiffd");
  ::signal(SIGPIPE, SIG_IGN);
  // Too early for it, until the server listens to signals: then there is no reason to die.
  ::signal(SIGUSR2, SIG_IGN);
  raiseDescriptorLimit();
  keepPriorityWithinReach();
  TrackedMemory::installFaultHandler();
  auto log = OperatorLog::start(verbose     ? OperatorLogLevel::debug
                                : checkOnly ? OperatorLogLevel::warn
                                            : OperatorLogLevel::info);
  if (log.has_error()) {
    std::fprintf(stderr, "skiffd: %s\n", log.error().message.c_str());
    return 1;
  }
  if (checkOnly) return check(engine, *loaded);
  return serve(engine, std::move(*loaded), programsToStart(arguments));
}

}  // namespace skiff
