#include "tests/soak/operator.h"

#include <signal.h>

#include <filesystem>
#include <fstream>

namespace skiff::soak {

void Operator::restart() {
  readings_.pause();
  const e2e::Ending ending = world_.daemon().handOver();
  if (ending != e2e::Ending{0, 0}) {
    // What follows would only repeat it.
    world_.stop = true;
    return world_.report().failure("the restart: the old process ended with code " +
                                   std::to_string(ending.code) + ", signal " +
                                   std::to_string(ending.signal));
  }
  readings_.follow(world_.daemon().process().id());
  world_.report().count("restarts under load");
}

void Operator::reload() {
  e2e::Process& process = world_.daemon().process();
  const std::size_t from = process.text(e2e::Process::Stream::error).size();
  const std::string next = world_.configText(++configuration_);
  Served& configured = world_.configured();
  configured.mayBecome({next});
  world_.renewCertificates();
  world_.daemon().reload(world_.config(configuration_));
  const std::string said =
      process.waitForLine(e2e::Process::Stream::error, "ready: ", e2e::kPatience, from);
  if (said.empty()) {
    return world_.report().failure("the reload does not come to an end: " +
                                   process.text(e2e::Process::Stream::error).substr(from));
  }
  configured.is({next});
  world_.report().count("reloads under load");
}

void Operator::rotateLog() {
  const std::filesystem::path log = world_.daemon().folder() / "access.log";
  const std::filesystem::path moved = world_.daemon().folder() / "access.log.1";
  std::filesystem::rename(log, moved);
  world_.daemon().process().signal(SIGUSR1);
  if (!e2e::eventually([&] { return std::filesystem::exists(log); })) {
    return world_.report().failure("the access log is not opened anew");
  }
  std::ifstream lines(moved);
  std::size_t count = 0;
  for (std::string line; std::getline(lines, line); ++count) checkLine(line);
  std::filesystem::remove(moved);
  world_.report().count("lines of logs looked through", count);
  world_.report().count("rotations of the access log");
}

void Operator::checkLine(const std::string& line) {
  if (!line.starts_with('{') || !line.ends_with('}')) {
    return world_.report().violation("a line of the access log is not whole: " + shown(line));
  }
  const std::string tenant = e2e::AccessLine{line}.value("tenant");
  // What was refused before it was known whose it is shows the client's own target.
  if (tenant.empty()) return;
  const std::string found = world_.foreign(line, tenant);
  if (!found.empty()) {
    world_.report().violation("a line of " + tenant + " has another tenant's " + found + ": " +
                              shown(line, 600));
  }
}

}  // namespace skiff::soak
