#include "bench/process_tree.h"

#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace skiff::bench {
namespace {

std::filesystem::path folderOf(pid_t process) {
  return std::filesystem::path("/proc") / std::to_string(process);
}

/// Children that any thread of the process started.
std::vector<pid_t> childrenOf(pid_t process) {
  std::vector<pid_t> children;
  std::error_code gone;
  for (const auto& task : std::filesystem::directory_iterator(folderOf(process) / "task", gone)) {
    std::ifstream file(task.path() / "children");
    for (pid_t child = 0; file >> child;) children.push_back(child);
  }
  return children;
}

/// proc(5): utime, stime, cutime and cstime are the fields 14 to 17; the second is in parentheses
/// and may contain anything.
double ticksOf(pid_t process) {
  std::string text;
  std::getline(std::ifstream(folderOf(process) / "stat"), text);
  const std::size_t end = text.rfind(')');
  if (end == std::string::npos) return 0;
  std::istringstream fields(text.substr(end + 1));
  std::string ignored;
  for (int i = 3; i < 14; ++i) fields >> ignored;
  std::array<double, 4> times{};
  double sum = 0;
  for (double& time : times) {
    fields >> time;
    sum += time;
  }
  return sum;
}

}  // namespace

std::vector<pid_t> processTree(pid_t root) {
  std::vector<pid_t> all{root};
  for (std::size_t i = 0; i < all.size(); ++i) {
    const std::vector<pid_t> children = childrenOf(all[i]);
    all.insert(all.end(), children.begin(), children.end());
  }
  return all;
}

std::vector<pid_t> threadsOf(const std::vector<pid_t>& processes) {
  std::vector<pid_t> threads;
  for (const pid_t process : processes) {
    std::error_code gone;
    for (const auto& task : std::filesystem::directory_iterator(folderOf(process) / "task", gone)) {
      threads.push_back(static_cast<pid_t>(std::stol(task.path().filename().string())));
    }
  }
  return threads;
}

double cpuSeconds(pid_t root) {
  double ticks = 0;
  for (const pid_t process : processTree(root)) ticks += ticksOf(process);
  return ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

MemoryReadings memoryOf(pid_t root) {
  MemoryReadings sum;
  for (const pid_t process : processTree(root)) {
    std::ifstream file(folderOf(process) / "smaps_rollup");
    for (std::string line; std::getline(file, line);) {
      if (line.starts_with("Rss:")) sum.resident += std::stoul(line.substr(4)) << 10;
      if (line.starts_with("Pss:")) sum.proportional += std::stoul(line.substr(4)) << 10;
    }
  }
  return sum;
}

}  // namespace skiff::bench
