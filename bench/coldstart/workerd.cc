#include "bench/coldstart/workerd.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <thread>

#include "bench/machine.h"
#include "tests/e2e/client.h"
#include "tests/e2e/process.h"
#include "tests/server/observe/temporary_folder.h"

namespace skiff::bench {
namespace {

using Clock = std::chrono::steady_clock;

/// Ports that were free a moment ago.
std::vector<std::uint16_t> freePorts(std::size_t count) {
  std::vector<std::uint16_t> ports;
  std::vector<int> sockets;
  for (std::size_t i = 0; i < count; ++i) {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockets.push_back(socket);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(socket, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
      break;
    }
    ports.push_back(ntohs(address.sin_port));
  }
  for (const int socket : sockets) ::close(socket);
  if (ports.size() != count) throw std::runtime_error("no free ports for workerd");
  return ports;
}

void writeConfiguration(const std::string& file, const std::vector<std::uint16_t>& ports) {
  std::ofstream out(file);
  out << "using Workerd = import \"/workerd/workerd.capnp\";\n"
         "const worker :Workerd.Worker = (\n"
         "  serviceWorkerScript = \"addEventListener('fetch', event => "
         "event.respondWith(new Response('Hello from wasm')));\",\n"
         "  compatibilityDate = \"2026-01-01\",\n);\n"
         "const config :Workerd.Config = (\n  services = [";
  for (std::size_t i = 0; i < ports.size(); ++i)
    out << "\n    (name = \"w" << i << "\", worker = .worker),";
  out << "\n  ],\n  sockets = [";
  for (std::size_t i = 0; i < ports.size(); ++i) {
    out << "\n    (name = \"s" << i << "\", address = \"127.0.0.1:" << ports[i]
        << "\", http = (), service = \"w" << i << "\"),";
  }
  out << "\n  ],\n);\n";
}

/// Asks until it answers.
void awaitAnswer(std::uint16_t port, Clock::time_point begin) {
  while (true) {
    try {
      if (e2e::get(port, "127.0.0.1").status == 200) return;
    } catch (const std::exception&) {
      // Nobody listens yet.
    }
    if (Clock::now() - begin > std::chrono::seconds(60)) {
      throw std::runtime_error("workerd does not answer");
    }
    std::this_thread::sleep_for(std::chrono::microseconds(200));
  }
}

struct Running {
  Running(const std::string& program, std::size_t services) : ports(freePorts(services)) {
    writeConfiguration(folder / "config.capnp", ports);
    begin = Clock::now();
    pinTo(0);
    process.emplace(program, std::vector<std::string>{"serve", folder / "config.capnp"});
    pinTo(1);
  }

  TemporaryFolder folder;
  std::vector<std::uint16_t> ports;
  Clock::time_point begin;
  std::optional<e2e::Process> process;
};

}  // namespace

Scenario Workerd::measureStart(std::size_t times) const {
  std::vector<Visit> visits(times);
  for (Visit& visit : visits) {
    const Running workerd(program_, 1);
    awaitAnswer(workerd.ports[0], workerd.begin);
    visit.total = std::chrono::nanoseconds(Clock::now() - workerd.begin).count();
    visit.status = 200;
  }
  return summarise("workerd", "from exec to the first answer, one worker", 0, visits);
}

Scenario Workerd::measureFirstRequests(std::size_t services, double rate) const {
  // The first worker is asked until the process is up; what is measured are the others.
  const Running workerd(program_, services + 1);
  awaitAnswer(workerd.ports[0], workerd.begin);
  const auto visits = runOpenLoop(
      {rate, services, [&](std::size_t number) {
         return Arrival{workerd.ports[number + 1], e2e::request("GET", "127.0.0.1", "/")};
       }});
  return summarise("workerd", "first request to each of " + std::to_string(services) + " workers",
                   rate, visits);
}

}  // namespace skiff::bench
