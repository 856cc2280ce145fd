#include "bench/compare/wrk.h"

#include <cmath>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "bench/compare/descriptors.h"
#include "tests/e2e/process.h"

namespace skiff::bench {
namespace {

constexpr std::string_view kMark = "skiff-bench ";
constexpr std::size_t kPicks = 1 << 16;
/// That a server or wrk has open beside its connections, at the most.
constexpr std::size_t kFilesBeside = 256;

/// As a Lua string; every byte that is not plain text as its number.
std::string quoted(const std::string& text) {
  std::ostringstream out;
  out << '"';
  for (const unsigned char c : text) {
    if (c < ' ' || c > '~' || c == '"' || c == '\\') {
      out << '\\' << (c < 100 ? "0" : "") << (c < 10 ? "0" : "") << static_cast<int>(c);
    } else {
      out << c;
    }
  }
  out << '"';
  return out.str();
}

std::string headersOf(const LoadShape& shape, const LoadRequest& request) {
  std::string text = "{[\"Host\"]=" + quoted(request.host);
  if (shape.between == Connections::closed) text += ",[\"Connection\"]=\"close\"";
  if (!request.body.empty()) text += ",[\"Content-Type\"]=" + quoted(request.type);
  return text + "}";
}

/// One request: wrk sends the same bytes again and again, without running the script.
void writeOne(std::ostream& out, const LoadShape& shape) {
  const LoadRequest& request = shape.requests.front();
  out << "wrk.method = " << quoted(request.method) << "\nwrk.path = " << quoted(request.target)
      << "\nwrk.headers = " << headersOf(shape, request) << '\n';
  if (!request.body.empty()) out << "wrk.body = " << quoted(request.body) << '\n';
}

/// Many: made ready at the start, and then taken in a random order that was drawn beforehand.
void writeMany(std::ostream& out, const LoadShape& shape) {
  out << "local ready, picks, next = {}, {}, 0\nlocal weights, sum = {}, 0\n"
         "local function add(weight, ...)\n"
         "  ready[#ready + 1] = wrk.format(...)\n"
         "  sum = sum + weight\n"
         "  weights[#weights + 1] = sum\n"
         "end\n"
         "init = function()\n";
  for (const LoadRequest& request : shape.requests) {
    out << "  add(" << request.weight << ',' << quoted(request.method) << ','
        << quoted(request.target) << ',' << headersOf(shape, request) << ','
        << (request.body.empty() ? "nil" : quoted(request.body)) << ")\n";
  }
  out << "  math.randomseed(1)\n  for i = 1, " << kPicks
      << " do\n"
         "    local at, low, high = math.random() * sum, 1, #weights\n"
         "    while low < high do\n"
         "      local middle = math.floor((low + high) / 2)\n"
         "      if weights[middle] < at then low = middle + 1 else high = middle end\n"
         "    end\n"
         "    picks[i] = ready[low]\n"
         "  end\n"
         "end\n"
         "request = function()\n"
         "  next = next % "
      << kPicks
      << " + 1\n"
         "  return picks[next]\n"
         "end\n";
}

void writeScript(const std::filesystem::path& file, const LoadShape& shape) {
  std::ofstream out(file);
  shape.requests.size() == 1 ? writeOne(out, shape) : writeMany(out, shape);
  out << "done = function(all, latency)\n"
         "  local e = all.errors\n"
         "  print(string.format(\""
      << kMark
      << "%d %d %d %.1f %.1f\", all.requests,\n"
         "    e.connect + e.read + e.write + e.timeout + e.status, all.duration,\n"
         "    latency:percentile(50), latency:percentile(99)))\n"
         "end\n";
  if (!out) throw std::runtime_error("cannot write " + file.string());
}

}  // namespace

WrkReport runWrk(const LoadShape& shape, std::uint16_t port, double seconds,
                 const std::filesystem::path& folder) {
  const std::size_t needed = shape.connections + kFilesBeside;
  if (const std::size_t most = raiseDescriptorLimit(); most < needed) {
    throw std::runtime_error(std::to_string(shape.connections) + " connections need " +
                             std::to_string(needed) + " open files, and the system allows " +
                             std::to_string(most) + ": raise the hard limit (ulimit -Hn)");
  }
  const std::filesystem::path script = folder / "load.lua";
  writeScript(script, shape);
  const auto whole = static_cast<int>(std::ceil(seconds));
  std::unique_ptr<e2e::Process> wrk;
  {
    const OnProcessor pinned(shape.processors);
    wrk = std::make_unique<e2e::Process>(
        "/usr/bin/wrk",
        std::vector<std::string>{"-t" + std::to_string(shape.threads),
                                 "-c" + std::to_string(shape.connections),
                                 "-d" + std::to_string(whole) + "s", "--timeout=10s", "--latency",
                                 "-s", script, "http://127.0.0.1:" + std::to_string(port) + "/"});
  }
  const auto ending = wrk->wait(std::chrono::seconds(whole + 30));
  const std::string line = wrk->waitForLine(e2e::Process::Stream::output, kMark);
  if (!ending || ending->code != 0 || ending->signal != 0 || line.empty()) {
    throw std::runtime_error("wrk did not run to its end (scripts/bench-deps.sh installs it):\n" +
                             wrk->text(e2e::Process::Stream::output) +
                             wrk->text(e2e::Process::Stream::error));
  }
  WrkReport report;
  double microseconds = 0;
  std::istringstream(line.substr(kMark.size())) >> report.requests >> report.failures >>
      microseconds >> report.p50 >> report.p99;
  report.seconds = microseconds / 1e6;
  return report;
}

}  // namespace skiff::bench
