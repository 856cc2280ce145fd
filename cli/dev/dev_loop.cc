#include "cli/dev/dev_loop.h"

#include <poll.h>

#include <algorithm>
#include <ostream>
#include <utility>

#include "cli/commands/log_line.h"
#include "config/printable.h"

namespace skiff::cli {
namespace {

/// A compiler writes a file in pieces: only when nothing comes for so long is it whole.
constexpr std::chrono::milliseconds kQuiet{50};
constexpr std::chrono::seconds kEnding{10};

bool isAlarming(std::string_view message) {
  for (const std::string_view level : {" warning ", " warn ", " error ", " critical "}) {
    if (message.substr(0, 40).find(level) != message.npos) return true;
  }
  return false;
}

}  // namespace

DevLoop::DevLoop(Console& console, DevDaemon& daemon, FileWatch& watch, Deployer& deployer,
                 std::string url, bool isVerbose)
    : console_(console),
      daemon_(daemon),
      watch_(watch),
      deployer_(deployer),
      url_(std::move(url)),
      isVerbose_(isVerbose) {}

ExitStatus DevLoop::run(int signals) {
  deployer_.start();
  while (true) {
    int patience = -1;
    if (due_ && !deployer_.isBusy()) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(*due_ - Clock::now());
      patience = static_cast<int>(std::max<std::int64_t>(left.count(), 0));
    }
    pollfd waiting[] = {{signals, POLLIN, 0},
                        {watch_.descriptor(), POLLIN, 0},
                        {deployer_.descriptor(), POLLIN, 0},
                        {daemon_.process().output(), POLLIN, 0},
                        {daemon_.process().errors(), POLLIN, 0}};
    ::poll(waiting, std::size(waiting), patience);
    if (!printLines()) {
      console_.errors << "skiff: skiffd ended by itself\n";
      return ExitStatus::failed;
    }
    if (waiting[0].revents != 0) return end();
    if (waiting[1].revents != 0 && watch_.takeChanges()) due_ = Clock::now() + kQuiet;
    if (waiting[2].revents != 0) finishDeployment();
    startIfQuiet();
  }
}

void DevLoop::startIfQuiet() {
  if (!due_ || deployer_.isBusy() || Clock::now() < *due_) return;
  due_.reset();
  deployer_.start();
}

void DevLoop::finishDeployment() {
  const DevOutcome outcome = deployer_.take();
  if (outcome.isUnchanged) return;
  console_.errors << (outcome.isDeployed ? styled(console_, Style::good, outcome.text)
                                         : styled(console_, Style::bad, outcome.text));
  if (outcome.isDeployed && !std::exchange(hasServed_, true)) {
    console_.errors << "serving on " << styled(console_, Style::bold, url_)
                    << " (Ctrl-C ends it)\n";
  }
  console_.errors << std::flush;
}

bool DevLoop::printLines() {
  const bool isAlive = daemon_.readLines(
      [this](std::string_view line) { console_.out << logLineText(console_, line) << "\n"; },
      [this](std::string_view message) {
        if (isVerbose_ || isAlarming(message)) console_.errors << printable(message) << "\n";
      });
  console_.out << std::flush;
  return isAlive;
}

ExitStatus DevLoop::end() {
  console_.errors << "\nending\n" << std::flush;
  daemon_.process().requestEnd();
  const auto deadline = Clock::now() + kEnding;
  while (printLines() && Clock::now() < deadline) {
    pollfd waiting[] = {{daemon_.process().output(), POLLIN, 0},
                        {daemon_.process().errors(), POLLIN, 0}};
    ::poll(waiting, std::size(waiting), 100);
  }
  return ExitStatus::success;
}

}  // namespace skiff::cli
