// skiff top: what apps use, live.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/json.hpp>
#include <memory>
#include <numeric>
#include <ostream>
#include <thread>

#include "cli/commands/app_usage.h"
#include "cli/commands/command_line.h"
#include "cli/session/json_fields.h"
#include "cli/terminal/keyboard.h"
#include "config/printable.h"

namespace skiff::cli {
namespace {

namespace json = boost::json;
using Clock = std::chrono::steady_clock;

struct TopOptions {
  double interval = 1;
  unsigned count = 0;    ///< 0: until the end on a terminal, one look elsewhere
  std::size_t rows = 0;  ///< 0: as many as the screen has room for
};

/// A look at what is used, and the one before.
struct Looks {
  std::vector<AppUsage> before;
  std::vector<AppUsage> now;
  std::vector<UsageRate> rates;
  Clock::time_point when{};

  void take(const json::value& status) {
    const Clock::time_point at = Clock::now();
    before = std::move(now);
    now = usageOf(status);
    rates = ratesBetween(before, now, at - when);
    when = at;
    sortByCpu();
  }

 private:
  void sortByCpu() {
    std::vector<std::size_t> order(now.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [this](std::size_t a, std::size_t b) {
      if (rates[a].cpuPercent != rates[b].cpuPercent) {
        return rates[a].cpuPercent > rates[b].cpuPercent;
      }
      return now[a].cpu > now[b].cpu;
    });
    std::vector<AppUsage> apps;
    std::vector<UsageRate> sorted;
    for (const std::size_t i : order) {
      apps.push_back(now[i]);
      sorted.push_back(rates[i]);
    }
    now = std::move(apps);
    rates = std::move(sorted);
  }
};

/// The table as large as it may be.
std::string page(const Console& console, const json::value& status, const Looks& looks,
                 bool hasRates, std::size_t rows) {
  std::vector<AppUsage> apps = looks.now;
  if (apps.size() > rows) apps.resize(rows);
  std::string text = "skiffd " + printable(textOf(status, "version")) + "\n" +
                     usageSummary(status) + "\n" +
                     usageTable(console, apps, hasRates ? &looks.rates : nullptr);
  if (looks.now.size() > apps.size()) {
    text += "… and " + std::to_string(looks.now.size() - apps.size()) + " more\n";
  }
  return text;
}

/// Draws over what was drawn before, so that nothing flickers.
void draw(Console& console, std::string_view page) {
  std::string out = "\x1b[H";
  while (!page.empty()) {
    const std::size_t end = page.find('\n');
    out.append(page.substr(0, end)).append("\x1b[K\r\n");
    page.remove_prefix(end == page.npos ? page.size() : end + 1);
  }
  console.out << out << "\x1b[J"
              << "q or Ctrl-C leaves\x1b[K" << std::flush;
}

ExitStatus top(Session& session, const TopOptions& options) {
  Console& console = session.console();
  const bool isLive = console.width > 0 && !session.wantsJson();
  const auto interval = std::chrono::milliseconds(static_cast<int>(options.interval * 1000));
  const unsigned count = options.count == 0 && !isLive ? 1 : options.count;
  auto status = askStatus(session);
  if (!status) return status.error();

  constexpr std::size_t kOtherLines = 8;
  std::size_t rows = options.rows;
  if (rows == 0) rows = isLive ? std::max(console.height, kOtherLines + 1) - kOtherLines : SIZE_MAX;
  Keyboard keyboard;
  Looks looks;
  ExitStatus ended = ExitStatus::success;
  if (isLive) console.out << "\x1b[2J";
  for (unsigned round = 1;; ++round) {
    looks.take(*status);
    if (session.wantsJson()) {
      session.print(*status);
    } else if (isLive) {
      draw(console, page(console, *status, looks, round > 1, rows));
    } else {
      console.out << page(console, *status, looks, round > 1, rows) << std::flush;
    }
    if (round == count || !console.out.good() || keyboard.wantsToLeave(interval)) break;
    status = askStatus(session);
    if (!status) {
      ended = status.error();
      break;
    }
  }
  if (isLive) console.out << "\n" << std::flush;
  return ended;
}

}  // namespace

void addTopCommand(CLI::App& root, CommandLine& line) {
  const auto options = std::make_shared<TopOptions>();
  CLI::App& command =
      CommandLine::add(root, "top", "Show what apps use, live, those with most CPU time first",
                       "  skiff top\n"
                       "  skiff top --count 5 --interval 10 > usage.txt     # without a terminal: "
                       "table after table");
  command.add_option("--interval", options->interval, "Seconds between two looks")
      ->check(CLI::Range(0.05, 3600.0))
      ->capture_default_str();
  command.add_option("--count", options->count,
                     "How many looks (default: until you leave; one if there is no terminal)");
  command
      .add_option("--rows", options->rows, "How many apps at most (default: what fits the screen)")
      ->check(CLI::Range(1, 10'000));
  line.when(command, [options](Session& session) { return top(session, *options); });
}

}  // namespace skiff::cli
