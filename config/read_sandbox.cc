#include "config/read_sandbox.h"

namespace skiff {
namespace {

constexpr std::size_t kMostFolders = 1'000;

constexpr std::array<Choice<SandboxMode>, 3> kModes{{{"auto", SandboxMode::automatic},
                                                     {"required", SandboxMode::required},
                                                     {"off", SandboxMode::off}}};

void readFolders(std::string_view key, TableReader& table, const PathBase& paths,
                 std::vector<std::filesystem::path>& folders) {
  const auto texts = table.texts(key, R"(["/srv/data"])");
  if (!texts) return;
  if (texts->size() > kMostFolders) {
    table.report(table.where(key), std::string(key) + " holds " + std::to_string(texts->size()) +
                                       " folders; it takes at most " +
                                       std::to_string(kMostFolders));
    return;
  }
  for (const LocatedText& text : *texts) {
    if (auto folder = paths.resolve(key, text, table)) folders.push_back(*std::move(folder));
  }
}

}  // namespace

SandboxConfig readSandbox(TableReader table, const PathBase& paths) {
  SandboxConfig sandbox;
  table.choice("mode", kModes, sandbox.mode);
  readFolders("read", table, paths, sandbox.read);
  readFolders("write", table, paths, sandbox.write);
  table.finish();
  return sandbox;
}

}  // namespace skiff
