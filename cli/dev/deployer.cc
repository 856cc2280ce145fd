#include "cli/dev/deployer.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <csignal>
#include <cstdio>
#include <sstream>
#include <stdexcept>

#include "cli/commands/app_document.h"
#include "cli/commands/deploying.h"
#include "cli/commands/deployment_options.h"
#include "cli/session/json_fields.h"
#include "cli/terminal/human.h"
#include "config/printable.h"

namespace skiff::cli {
namespace {

namespace json = boost::json;

constexpr const char* kTenant = "dev";

/// A session that speaks to nobody but the daemon, and what it said.
struct Talk {
  std::istringstream in;
  std::ostringstream out;
  std::ostringstream errors;
};

}  // namespace

Deployer::Deployer(AdminAddress address, std::string token, DevApp app)
    : address_(std::move(address)),
      token_(std::move(token)),
      app_(std::move(app)),
      done_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (done_ < 0) throw std::runtime_error("no eventfd");
}

Deployer::~Deployer() {
  if (thread_.joinable()) thread_.join();
  ::close(done_);
}

void Deployer::start() {
  thread_ = std::thread([this] {
    outcome_ = deploy();
    const std::uint64_t one = 1;
    (void)!::write(done_, &one, sizeof one);
  });
}

DevOutcome Deployer::take() {
  thread_.join();
  std::uint64_t count = 0;
  (void)!::read(done_, &count, sizeof count);
  return std::move(outcome_);
}

DevOutcome Deployer::deploy() {
  const auto begin = std::chrono::steady_clock::now();
  auto module = readModule(app_.file);
  if (!module) return {.text = "skiff: " + module.error().message + "\n"};
  if (*module == lastModule_) return {.isUnchanged = true, .text = {}};

  Talk talk;
  Surroundings surroundings{
      Console{.in = talk.in, .out = talk.out, .errors = talk.errors, .askSecret = {}},
      [&](const char* name) {
        return std::string_view(name) == "SKIFF_TOKEN" ? token_ : std::string();
      }};
  GlobalOptions options;
  options.admin = address_.url();
  Session session(surroundings, std::move(options));
  const AppName name{kTenant, app_.name};
  const auto failed = [&] {
    std::string text = talk.errors.str();
    if (!serving_.empty()) {
      text += "       the version before, " + printable(shortVersion(serving_)) + ", serves on\n";
    }
    return DevOutcome{.text = std::move(text)};
  };
  if (!hasApp_) {
    const auto tenant = session.askJson({.method = "PUT",
                                         .target = pathOf({"tenants", kTenant}),
                                         .contentType = "application/json",
                                         .body = "{}"});
    if (!tenant || !createApp(session, name, app_.changes)) return failed();
    hasApp_ = true;
  }
  lastModule_ = *module;
  const std::size_t size = module->size();
  Progress progress(surroundings.console);
  const auto version =
      makeVersion(session, name, {.module = std::move(*module), .image = {}}, progress);
  if (!version) return failed();
  const std::string id = textOf(*version, "version");
  if (!giveTraffic(session, name, id, {}, {})) return failed();
  serving_ = id;

  const std::chrono::duration<double, std::milli> passed = std::chrono::steady_clock::now() - begin;
  char time[48];
  std::snprintf(time, sizeof time, "%.0f ms", passed.count());
  DevOutcome outcome{.isDeployed = true,
                     .text = "deployed version " + printable(shortVersion(id)) + " (" +
                             humanBytes(size) + ") in " + time + "\n"};
  for (const std::string& note : textsOf(*version, "notes")) {
    outcome.text += "note: " + printable(note) + "\n";
  }
  return outcome;
}

}  // namespace skiff::cli
