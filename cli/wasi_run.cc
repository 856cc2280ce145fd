// `skiff wasi-run`: an addon, since it needs the engine.
#include <csignal>
#include <cstdio>

#include "cli/wasi_run_options.h"
#include "deploy/module_file.h"
#include "isolate/abi/standard_process.h"
#include "isolate/addon_entry.h"
#include "isolate/memory/tracked_memory.h"
#include "isolate/program.h"

namespace skiff {
namespace {

constexpr int kCannotRun = 2;
constexpr int kLargestStatus = 255;

/// What a program logs by other means than its standard error.
class ErrorStreamLog final : public GuestLog {
 public:
  void write(LogLevel, std::string_view, std::string_view text) override {
    std::fprintf(stderr, "%.*s\n", static_cast<int>(text.size()), text.data());
  }
  bool enabled(LogLevel) const override { return true; }
};

/// As a shell has it for a process that a signal ended.
int statusOf(const ProgramEnd& end) {
  switch (end.reason) {
    case Reason::none:
      // A failure must not read as success because only eight bits of its code fit.
      return end.exitCode < 0 || end.exitCode > kLargestStatus ? kLargestStatus : end.exitCode;
    case Reason::cpuLimit:
      return 128 + SIGXCPU;
    case Reason::memoryLimit:
      return 128 + SIGKILL;
    default:
      return 128 + SIGABRT;
  }
}

int failed(const std::string& file, const std::string& why) {
  std::fprintf(stderr, "skiff wasi-run: %s: %s\n", file.c_str(), why.c_str());
  return kCannotRun;
}

}  // namespace

int addonMain(Engine& engine, const std::vector<std::string>& arguments) {
  int status = 0;
  auto options = readWasiRunOptions({arguments.begin() + 1, arguments.end()}, status);
  if (!options) return status;
  std::signal(SIGPIPE, SIG_IGN);
  TrackedMemory::installFaultHandler();
  const auto file = readModuleFile(options->file, Program::kMaxModule);
  if (file.has_error()) return failed(options->file, file.error().message);

  ErrorStreamLog log;
  StandardProcess process(options->environment);
  Program program;
  program.bytes = file->bytes;
  program.settings.tenant = "local";
  program.settings.app = options->file;
  program.settings.arguments = options->arguments;
  program.settings.environment = options->environment;
  program.settings.directories = options->directories;
  program.settings.temporary = options->temporary;
  program.settings.memory = options->memory;
  program.settings.log = &log;
  if (options->cpu.count() > 0) program.cpu = options->cpu;
  const auto end = runProgram(engine, std::move(program), process, process);
  if (end.has_error()) return failed(options->file, end.error().message);
  if (!end->message.empty()) {
    std::fprintf(stderr, "skiff wasi-run: %s: %s\n", std::string(reasonWord(end->reason)).c_str(),
                 end->message.c_str());
  }
  return statusOf(*end);
}

}  // namespace skiff
