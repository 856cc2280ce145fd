#include "cli/wasi_run_options.h"

#include <CLI/CLI.hpp>
#include <iostream>

namespace skiff {
namespace {

constexpr int kUsage = 2;
constexpr std::string_view kBetween = "::";

bool holdsNul(std::string_view text) {
  return text.find('\0') != std::string_view::npos;
}

std::pair<std::string, std::string> parseVariable(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == 0 || equals == std::string::npos || holdsNul(text)) {
    throw CLI::ValidationError("--env", "\"" + text + "\" is not NAME=VALUE");
  }
  return {text.substr(0, equals), text.substr(equals + 1)};
}

DirectoryGrant parseDirectory(const std::string& option, const std::string& text, bool write) {
  const std::size_t between = text.find(kBetween);
  DirectoryGrant grant;
  grant.host = std::filesystem::absolute(text.substr(0, between));
  grant.guest = between == std::string::npos ? text : text.substr(between + kBetween.size());
  grant.write = write;
  if (grant.guest.empty() || between == 0) {
    throw CLI::ValidationError(option, "\"" + text + "\" is not HOST::GUEST");
  }
  std::error_code error;
  if (!std::filesystem::is_directory(grant.host, error)) {
    throw CLI::ValidationError(option, grant.host.string() + " is not a directory");
  }
  return grant;
}

}  // namespace

std::optional<WasiRunOptions> readWasiRunOptions(const std::vector<std::string>& words,
                                                 int& status) {
  CLI::App app{
      "Runs a WASI program (a module that exports _start) on its own, with the standard "
      "streams of this terminal, and exits with its code:\n  skiff wasi-run [OPTIONS] file.wasm "
      "[ARGUMENTS...]",
      "skiff wasi-run"};
  app.footer(
      "The program sees what is named here and nothing else of the machine. Exit status: the "
      "program's own; 255 if that is larger; 134 if it trapped, 152 if it ran past --cpu-ms, 137 "
      "if it ran out of memory, "
      "2 if it could not be run.");
  WasiRunOptions options;
  std::vector<std::string> environment;
  std::vector<std::string> writable;
  std::vector<std::string> readOnly;
  std::string memory;
  std::uint32_t cpu = 0;
  // One value an option each time, so that the file's name is never taken for another.
  app.add_option("--env", environment, "A variable of its environment (any number)")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false);
  app.add_option("--dir", writable, "A directory that it may read and write (any number)")
      ->type_name("HOST::GUEST")
      ->allow_extra_args(false);
  app.add_option("--dir-ro", readOnly, "A directory that it may read (any number)")
      ->type_name("HOST::GUEST")
      ->allow_extra_args(false);
  app.add_flag("--tmp", options.temporary, "Give it a /tmp in memory, gone when it ends");
  app.add_option("--cpu-ms", cpu, "CPU time that it may use, in milliseconds (default: no bound)")
      ->type_name("N")
      ->check(CLI::Range(1U, 1'000'000'000U));
  app.add_option("--memory", memory, "Memory that it may use (default: 4GiB)")->type_name("SIZE");
  app.prefix_command();
  std::vector<std::string> reversed(words.rbegin(), words.rend());
  try {
    app.parse(reversed);
    const std::vector<std::string> rest = app.remaining();
    if (rest.empty()) throw CLI::RequiredError("file.wasm");
    if (rest.front().starts_with('-')) throw CLI::ExtrasError({rest.front()});
    options.file = rest.front();
    options.arguments = rest;
    for (const std::string& text : environment) options.environment.push_back(parseVariable(text));
    for (const std::string& text : writable) {
      options.directories.push_back(parseDirectory("--dir", text, true));
    }
    for (const std::string& text : readOnly) {
      options.directories.push_back(parseDirectory("--dir-ro", text, false));
    }
    if (!memory.empty()) {
      const auto size = ByteSize::parse(memory);
      if (!size || size->bytes() < (64_KiB).bytes() || *size > LimitCeilings::kMemory ||
          size->bytes() % (64_KiB).bytes() != 0) {
        throw CLI::ValidationError(
            "--memory",
            "\"" + memory + "\" is not a number of 64KiB pages from 64KiB to 4GiB, such as 64MiB");
      }
      options.memory = *size;
    }
  } catch (const CLI::ParseError& error) {
    status = app.exit(error) == 0 ? 0 : kUsage;
    return std::nullopt;
  }
  options.cpu = std::chrono::milliseconds(cpu);
  return options;
}

}  // namespace skiff
