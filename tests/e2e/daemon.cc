#include "tests/e2e/daemon.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include <fstream>
#include <set>
#include <thread>

namespace skiff::e2e {
namespace {

constexpr std::chrono::milliseconds kPause{20};

/// A sanitized daemon has a sandbox only where the test says what it is to be: see kNoSandbox.
void writeConfig(const std::filesystem::path& file, const std::string& text) {
  std::ofstream stream(file, std::ios::binary | std::ios::trunc);
  stream << text;
  if (kSanitized && text.find("[sandbox]") == text.npos) stream << "\n[sandbox]\n" << kNoSandbox;
}

/// The port at the end of the line that says where something listens.
std::uint16_t portAfter(const Process& process, std::string_view announcement) {
  const std::string line = process.waitForLine(Process::Stream::error, announcement);
  if (line.empty()) {
    throw std::runtime_error("skiffd did not say \"" + std::string(announcement) + "\" but:\n" +
                             process.text(Process::Stream::error));
  }
  return static_cast<std::uint16_t>(std::stoul(line.substr(line.rfind(':') + 1)));
}

/// What the build's guests compile to is compiled once for all tests: they share that folder of
/// their data_dir, which is "var" where the configuration names none.
void shareCode(const TemporaryFolder& folder) {
  std::filesystem::create_directories(SKIFF_E2E_CODE);
  std::filesystem::create_directory(folder / "var");
  std::filesystem::create_directory_symlink(SKIFF_E2E_CODE, folder / "var" / "code");
}

}  // namespace

std::string guestFile(std::string_view name) {
  return std::string(SKIFF_GUESTS "/").append(name).append(".wasm");
}

std::string ConfigText::text() const {
  std::string text = "[server]\nlisten = [\"127.0.0.1:0\"]\n" + server +
                     "\n[admin]\nlisten = \"127.0.0.1:0\"\n[limits]\n" + limits + "\n";
  const std::string usual = kSanitized ? std::string(kNoSandbox) : "read = [\"" SKIFF_GUESTS "\"]";
  text += "[sandbox]\n" + (sandbox.empty() ? usual : sandbox) + "\n";
  std::set<std::string> tenants;
  for (const AppText& app : apps) tenants.insert(app.tenant);
  for (const std::string& tenant : tenants) {
    text += "[[tenant]]\nname = \"" + tenant + "\"\n";
    if (!tenantLimits.empty()) text += "[tenant.limits]\n" + tenantLimits + "\n";
    for (const AppText& app : apps) {
      if (app.tenant != tenant) continue;
      text += "[[tenant.app]]\nname = \"" + app.name + "\"\nmodule = \"";
      text += app.guest.starts_with('/') ? app.guest : guestFile(app.guest);
      text += "\"\nroutes = [\"" + app.name + ".test/*\"]\n" + app.keys;
      text += "\n[tenant.app.limits]\n" + app.limits + "\n";
    }
  }
  return text;
}

std::string AccessLine::value(std::string_view key) const {
  const std::string label = "\"" + std::string(key) + "\":";
  const std::size_t at = text.find(label);
  if (at == std::string::npos) return {};
  const std::size_t begin = at + label.size();
  if (text[begin] == '"') return text.substr(begin + 1, text.find('"', begin + 1) - begin - 1);
  return text.substr(begin, text.find_first_of(",}", begin) - begin);
}

Daemon::Daemon(const std::string& config) {
  shareCode(folder_);
  writeConfig(configFile(), config);
  start();
}

Daemon::Daemon(const std::string& config, const Prepare& prepare) {
  shareCode(folder_);
  prepare(dataFolder());
  writeConfig(configFile(), config);
  start();
}

Daemon::Daemon(const ConfigText& config, ProcessOptions options) : options_(std::move(options)) {
  shareCode(folder_);
  writeConfig(configFile(), config.text());
  start();
}

Ending Daemon::handOver(const std::function<void()>& meanwhile) {
  using Stream = Process::Stream;
  const std::size_t from = process_->text(Stream::error).size();
  process_->signal(SIGUSR2);
  constexpr std::string_view kBehind = " has taken this one's place";
  const std::string line = process_->waitForLine(Stream::error, kBehind, kPatience, from);
  const std::size_t end = line.rfind(kBehind);
  const std::size_t begin = end == line.npos ? line.npos : line.rfind(' ', end - 1);
  if (begin == line.npos) {
    siginfo_t death{};
    ::waitid(P_PID, static_cast<id_t>(process_->id()), &death, WEXITED | WNOHANG | WNOWAIT);
    ADD_FAILURE() << "no other process takes its place; it "
                  << (death.si_pid == 0
                          ? "still runs"
                          : "has ended with code or signal " + std::to_string(death.si_status))
                  << "; what was said:\n"
                  << process_->text(Stream::error).substr(from);
    return Ending{-1, 0};
  }
  if (meanwhile) meanwhile();
  const auto ending = process_->becomes(std::stoi(line.substr(begin + 1, end - begin - 1)));
  EXPECT_TRUE(ending) << "the old process does not end:\n"
                      << process_->text(Stream::error).substr(from);
  return ending.value_or(Ending{-1, 0});
}

void Daemon::restart() {
  if (process_ && !process_->wait(std::chrono::milliseconds(0))) {
    process_->signal(SIGKILL);
    process_->wait();
  }
  process_.reset();
  start();
}

std::uint16_t Daemon::tlsPort() const {
  return portAfter(*process_, "listening on https://");
}

void Daemon::start() {
  process_ = std::make_unique<Process>(SKIFFD, std::vector<std::string>{"--config", configFile()},
                                       options_);
  port_ = portAfter(*process_, "listening on http://");
  adminPort_ = portAfter(*process_, "admin on http://");
  if (process_->waitForLine(Process::Stream::error, "ready: ").empty() ||
      admin("/readyz").status != 200) {
    throw std::runtime_error("skiffd is not ready; it said:\n" +
                             process_->text(Process::Stream::error));
  }
}

AccessLine Daemon::accessLine(std::string_view part) const {
  AccessLine line{process_->waitForLine(Process::Stream::output, part)};
  EXPECT_FALSE(line.text.empty()) << "no line with " << part << " in the access log:\n"
                                  << process_->text(Process::Stream::output);
  return line;
}

AccessLine Daemon::accessLineOf(const Response& problem) const {
  const std::string id = AccessLine{problem.body}.value("request_id");
  EXPECT_NE(id, "") << problem.body;
  // The guest's own lines have the id too; only the access log's go on like this.
  return accessLine("\"request_id\":\"" + id + "\",\"tenant\":");
}

void Daemon::reload(const std::string& config) {
  writeConfig(configFile(), config);
  process_->signal(SIGHUP);
}

Ending Daemon::terminate() {
  process_->signal(SIGTERM);
  const std::optional<Ending> ending = process_->wait();
  EXPECT_TRUE(ending) << "skiffd does not end; it said:\n"
                      << process_->text(Process::Stream::error);
  return ending.value_or(Ending{-1, 0});
}

bool eventually(const std::function<bool()>& condition, std::chrono::milliseconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(kPause);
  }
  return true;
}

CheckResult check(const std::filesystem::path& config, std::chrono::milliseconds patience) {
  Process process(SKIFFD, {"--check", "--config", config});
  CheckResult result;
  result.ending = process.wait(patience);
  result.output = process.text(Process::Stream::output);
  result.error = process.text(Process::Stream::error);
  return result;
}

}  // namespace skiff::e2e
