#include "bench/compare/circumstances.h"

#include <sys/utsname.h>
#include <unistd.h>

#include <ctime>
#include <fstream>
#include <thread>

#include "bench/compare/instructions.h"
#include "bench/compare/text.h"

namespace skiff::bench {
namespace {

std::string processorModel() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  }
  return "unknown";
}

std::string kernel() {
  utsname name{};
  ::uname(&name);
  return std::string(name.sysname) + " " + name.release + " " + name.machine;
}

std::string now() {
  const std::time_t time = std::time(nullptr);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", std::gmtime(&time));
  return text;
}

std::string firstWord(const std::string& file) {
  std::string word;
  std::ifstream(file) >> word;
  return word;
}

/// Of the tree that the daemon was built in.
std::string commitOf(const std::filesystem::path& skiffd) {
  return firstLineOf("/usr/bin/git",
                     {"-C", skiffd.parent_path(), "describe", "--always", "--dirty"});
}

}  // namespace

boost::json::object circumstances(const Places& places, const std::string& command) {
  return {{"date", now()},
          {"processor", processorModel()},
          {"processors", std::thread::hardware_concurrency()},
          {"kernel", kernel()},
          {"load_before", firstWord("/proc/loadavg")},
          {"instructions_counted", InstructionCounter::start(::getpid())
                                       ? "perf_event_open"
                                       : "no: this machine has no such counter"},
          {"skiff", firstLineOf(places.skiffd, {"--version"})},
          {"commit", commitOf(places.skiffd)},
          {"node", firstLineOf(places.node, {"--version"})},
          {"v8", firstLineOf(places.node, {"-p", "process.versions.v8"})},
          {"nginx", firstLineOf(places.nginx, {"-v"})},
          {"workerd", firstLineOf(places.workerd, {"--version"})},
          {"command", command}};
}

}  // namespace skiff::bench
