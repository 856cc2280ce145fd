#include "bench/machine.h"

#include <sched.h>
#include <sys/utsname.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <memory>
#include <thread>

namespace skiff::bench {
namespace {

std::string processorName() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  }
  return "unknown";
}

std::string firstLineOf(const std::string& command) {
  const auto close = [](FILE* file) { ::pclose(file); };
  const std::unique_ptr<FILE, decltype(close)> pipe(::popen(command.c_str(), "r"), close);
  std::array<char, 256> text{};
  if (!pipe || !std::fgets(text.data(), text.size(), pipe.get())) return "unknown";
  std::string line = text.data();
  while (line.ends_with('\n')) line.pop_back();
  return line;
}

}  // namespace

Machine thisMachine(const std::string& folder) {
  Machine machine;
  machine.processor = processorName();
  machine.processors = std::thread::hardware_concurrency();
  utsname name{};
  if (::uname(&name) == 0) machine.kernel = name.release;
  machine.commit = firstLineOf("git -C '" + folder + "' describe --always --dirty 2>/dev/null");
  return machine;
}

void pinTo(std::optional<int> processor) {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (int i = 0; i < CPU_SETSIZE; ++i) {
    if (!processor || *processor == i) CPU_SET(i, &set);
  }
  ::sched_setaffinity(0, sizeof set, &set);
}

}  // namespace skiff::bench
