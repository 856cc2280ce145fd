#include "server/observe/process_metrics.h"

#include <dirent.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <sstream>
#include <string>

namespace skiff {
namespace {

/// What we need of /proc/self/stat (proc(5)).
struct ProcessStat {
  std::uint64_t userTicks = 0;
  std::uint64_t systemTicks = 0;
  std::uint64_t threads = 0;
  std::uint64_t startTicks = 0;
  std::uint64_t virtualBytes = 0;
  std::uint64_t residentPages = 0;
};

std::optional<ProcessStat> readStat() {
  std::ifstream file("/proc/self/stat");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  // The second field is the program's name in parentheses, and may hold anything.
  const std::size_t nameEnd = text.rfind(')');
  if (nameEnd == std::string::npos) return std::nullopt;
  std::istringstream fields(text.substr(nameEnd + 1));
  const std::vector<std::string> rest{std::istream_iterator<std::string>(fields), {}};
  constexpr std::size_t kFirst = 3;  // the number in proc(5) of the field after the name
  constexpr std::size_t kLast = 24;
  if (rest.size() <= kLast - kFirst) return std::nullopt;
  const auto field = [&rest](std::size_t number) {
    return std::strtoull(rest[number - kFirst].c_str(), nullptr, 10);
  };
  return ProcessStat{field(14), field(15), field(20), field(22), field(23), field(24)};
}

/// Seconds since the epoch at which the machine came up.
std::optional<double> readBootTime() {
  std::ifstream file("/proc/stat");
  std::string word;
  while (file >> word) {
    double seconds = 0;
    if (word == "btime" && file >> seconds) return seconds;
  }
  return std::nullopt;
}

std::optional<double> countOpenDescriptors() {
  struct stat status {};
  // Linux 6.2 and later say the number as the folder's size; listing 60,000 entries takes long.
  if (::stat("/proc/self/fd", &status) == 0 && status.st_size > 0) {
    return static_cast<double>(status.st_size);
  }
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir("/proc/self/fd"), &::closedir);
  if (!folder) return std::nullopt;
  double count = 0;
  while (const dirent* entry = ::readdir(folder.get())) {
    if (entry->d_name[0] != '.') ++count;
  }
  return count - 1;  // without the one that lists
}

void add(std::vector<prometheus::MetricFamily>& families, std::string name, std::string help,
         prometheus::MetricType type, double value) {
  prometheus::ClientMetric metric;
  if (type == prometheus::MetricType::Counter) {
    metric.counter.value = value;
  } else {
    metric.gauge.value = value;
  }
  families.push_back({std::move(name), std::move(help), type, {std::move(metric)}});
}

}  // namespace

void collectProcessMetrics(std::vector<prometheus::MetricFamily>& families) {
  using prometheus::MetricType;
  if (const auto stat = readStat()) {
    const auto ticksPerSecond = static_cast<double>(::sysconf(_SC_CLK_TCK));
    add(families, "process_cpu_seconds_total", "User and system CPU time of the process.",
        MetricType::Counter,
        static_cast<double>(stat->userTicks + stat->systemTicks) / ticksPerSecond);
    add(families, "process_resident_memory_bytes", "Resident memory of the process.",
        MetricType::Gauge,
        static_cast<double>(stat->residentPages) * static_cast<double>(::sysconf(_SC_PAGESIZE)));
    add(families, "process_virtual_memory_bytes", "Address space of the process.",
        MetricType::Gauge, static_cast<double>(stat->virtualBytes));
    add(families, "process_threads", "Threads of the process.", MetricType::Gauge,
        static_cast<double>(stat->threads));
    if (const auto bootTime = readBootTime()) {
      add(families, "process_start_time_seconds", "When the process started, since the epoch.",
          MetricType::Gauge, *bootTime + static_cast<double>(stat->startTicks) / ticksPerSecond);
    }
  }
  if (const auto count = countOpenDescriptors()) {
    add(families, "process_open_fds", "Open file descriptors.", MetricType::Gauge, *count);
  }
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    add(families, "process_max_fds", "Largest number of open file descriptors.", MetricType::Gauge,
        static_cast<double>(limit.rlim_cur));
  }
}

}  // namespace skiff
