#include "bench/compare/circumstances.h"

#include <unistd.h>

#include <ctime>
#include <fstream>

#include "bench/compare/instructions.h"
#include "bench/compare/text.h"
#include "bench/machine.h"

namespace skiff::bench {
namespace {

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

}  // namespace

Circumstances::Circumstances(const Places& places) {
  const Machine machine = thisMachine(places.skiffd.parent_path());
  lasting_ = {{"processor", machine.processor},
              {"processors", machine.processors},
              {"kernel", machine.kernel},
              {"instructions_counted", InstructionCounter::start(::getpid())
                                           ? "perf_event_open"
                                           : "no: this machine has no such counter"},
              {"skiff", firstLineOf(places.skiffd, {"--version"})},
              {"commit", machine.commit},
              {"node", firstLineOf(places.node, {"--version"})},
              {"v8", firstLineOf(places.node, {"-p", "process.versions.v8"})},
              {"nginx", firstLineOf(places.nginx, {"-v"})},
              {"workerd", firstLineOf(places.workerd, {"--version"})}};
}

boost::json::object Circumstances::with(const std::string& command) const {
  boost::json::object all{{"date", now()}, {"load_before", firstWord("/proc/loadavg")}};
  all.insert(lasting_.begin(), lasting_.end());
  all["command"] = command;
  return all;
}

}  // namespace skiff::bench
