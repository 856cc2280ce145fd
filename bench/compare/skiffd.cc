#include "bench/compare/skiffd.h"

#include <chrono>
#include <stdexcept>

#include "bench/compare/affinity.h"

namespace skiff::bench {
namespace {

/// A thousand modules that were never compiled before take that long.
constexpr std::chrono::minutes kPatience{10};

std::string textOf(const SkiffSettings& settings) {
  std::string text =
      "[server]\nlisten = [\"127.0.0.1:0\"]\nshards = " + std::to_string(settings.shards) +
      "\naccess_log = \"off\"\nconnections_per_address = 65536\n"
      "[admin]\nlisten = \"127.0.0.1:0\"\n[limits]\ncpu_ms = 300000\nqueue_ms = 60000\nwall_ms = "
      "3600000\n";
  for (const SkiffApp& app : settings.apps) {
    text += "[[tenant]]\nname = \"" + app.name + "\"\n[[tenant.app]]\nname = \"" + app.name +
            "\"\nmodule = \"" + std::filesystem::absolute(app.module).string() +
            "\"\nroutes = [\"" + app.name + ".test/*\"]\n" + app.keys + "\n";
  }
  return text;
}

std::uint16_t portAfter(const e2e::Process& process, std::string_view announcement) {
  const std::string line =
      process.waitForLine(e2e::Process::Stream::error, announcement, kPatience);
  if (line.empty()) {
    throw std::runtime_error("skiffd did not say \"" + std::string(announcement) + "\" but:\n" +
                             process.text(e2e::Process::Stream::error));
  }
  return static_cast<std::uint16_t>(std::stoul(line.substr(line.rfind(':') + 1)));
}

}  // namespace

Skiffd::Skiffd(const Places& places, const SkiffSettings& settings,
               const std::filesystem::path& filled) {
  namespace fs = std::filesystem;
  if (!filled.empty()) fs::copy(filled, dataFolder(), fs::copy_options::recursive);
  fs::create_directories(dataFolder());
  fs::create_directories(places.code);
  fs::create_directory_symlink(fs::absolute(places.code), dataFolder() / "code");
  writeFile(folder_ / "skiff.toml", textOf(settings));
  const auto begin = std::chrono::steady_clock::now();
  {
    const OnProcessor pinned({0, settings.shards});
    process_ = std::make_unique<e2e::Process>(
        places.skiffd, std::vector<std::string>{"--config", folder_ / "skiff.toml"});
  }
  port_ = portAfter(*process_, "listening on http://");
  adminPort_ = portAfter(*process_, "admin on http://");
  if (process_->waitForLine(e2e::Process::Stream::error, "ready: ", kPatience).empty()) {
    throw std::runtime_error("skiffd is not ready; it said:\n" +
                             process_->text(e2e::Process::Stream::error));
  }
  startSeconds_ = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

}  // namespace skiff::bench
