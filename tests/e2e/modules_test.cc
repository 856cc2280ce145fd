#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "tests/e2e/daemon.h"

namespace skiff::e2e {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string bytesOf(const std::filesystem::path& file) {
  const std::string bytes = readText(file);
  EXPECT_FALSE(bytes.empty()) << file;
  return bytes;
}

/// The binary of a module in text format.
std::string assemble(const TemporaryFolder& folder, const std::string& text) {
  std::ofstream(folder / "module.wat") << text;
  Process assembler(SKIFF_WAT2WASM,
                    {"--enable-all", folder / "module.wat", "-o", folder / "assembled.wasm"});
  EXPECT_EQ(assembler.wait(), (Ending{0, 0})) << assembler.text(Process::Stream::error);
  return bytesOf(folder / "assembled.wasm");
}

/// One app a module, all checked by one `skiffd --check`.
class CheckedModules {
 public:
  void add(const std::string& name, const std::string& bytes) {
    const std::filesystem::path file = folder_ / (name + ".wasm");
    std::ofstream(file, std::ios::binary) << bytes;
    config_.apps.push_back({name, file, {}, {}});
  }
  CheckResult check() {
    std::ofstream(folder_ / "skiff.toml") << config_.text();
    CheckResult result = e2e::check(folder_ / "skiff.toml", 2 * kPatience);
    std::istringstream lines(result.error);
    for (std::string line; std::getline(lines, line);) {
      const std::size_t end = line.find(": ");
      EXPECT_TRUE(line.starts_with("acme/") && end != std::string::npos) << line;
      messages_[line.substr(5, end - 5)] = line.substr(std::min(end, line.size() - 2) + 2);
    }
    return result;
  }
  const TemporaryFolder& folder() const { return folder_; }
  /// What was said of that app; empty if nothing.
  std::string message(const std::string& name) const {
    const auto found = messages_.find(name);
    return found == messages_.end() ? std::string() : found->second;
  }
  std::size_t refused() const { return messages_.size(); }

 private:
  TemporaryFolder folder_;
  ConfigText config_;
  std::map<std::string, std::string> messages_;
};

TEST(ABadModule, IsRefusedWithWhatIsWrongWithIt) {
  constexpr const char* kHandler =
      R"((func (export "handle_request") (result i64) (i64.const 0))
         (func (export "handle_response") (param i32 i32)))";
  struct Case {
    std::string name;
    std::string bytes;
    std::string expected;  ///< in the message
  };
  CheckedModules modules;
  const auto wat = [&](const std::string& text) { return assemble(modules.folder(), text); };
  const std::string handler = kHandler;
  const std::vector<Case> cases{
      {"empty", "", "empty"},
      {"magic", "MZ this is no WebAssembly", "magic"},
      {"text", "(module)", ""},
      {"component", bytesOf(SKIFF_MODULE_CORPUS "/component.wasm"), "component"},
      {"import",
       wat("(module (import \"env\" \"no_such\" (func)) (memory (export \"memory\") 1)" + handler +
           ")"),
       "no_such"},
      {"shared", wat("(module (memory (export \"memory\") 1 2 shared)" + handler + ")"), "shared"},
      {"huge", wat("(module (memory (export \"memory\") 65536)" + handler + ")"), "4096 MiB"},
      {"no-memory", wat("(module " + handler + ")"), "no memory"},
      {"signature",
       wat("(module (memory (export \"memory\") 1)"
           "(func (export \"handle_request\") (param i32) (result i32) (local.get 0))"
           "(func (export \"handle_response\") (param i32 i32)))"),
       "handle_request"},
      {"no-entry", wat("(module (memory (export \"memory\") 1))"), "handle_request"},
      {"invalid",
       wat("(module (memory (export \"memory\") 1)" + handler + ")").append("\x0a\x02\x01\x7f"),
       ""},
      {"trap-at-start",
       wat("(module (memory (export \"memory\") 1) (func $s unreachable) (start $s)" + handler +
           ")"),
       "unreachable"},
      {"loop-at-start",
       wat("(module (memory (export \"memory\") 1) (func $s (loop $a (br $a))) (start $s)" +
           handler + ")"),
       ""},
  };
  for (const Case& bad : cases) modules.add(bad.name, bad.bytes);
  const CheckResult result = modules.check();
  ASSERT_TRUE(result.ending) << "skiffd --check hangs";
  EXPECT_EQ(*result.ending, (Ending{1, 0})) << result.error;
  for (const Case& bad : cases) {
    SCOPED_TRACE(bad.name);
    EXPECT_THAT(modules.message(bad.name),
                AllOf(HasSubstr(bad.name + ".wasm: "), HasSubstr(bad.expected)));
  }
}

/// Where the sections of a module end.
std::set<std::size_t> sectionEnds(const std::string& module) {
  std::set<std::size_t> ends;
  std::size_t at = 8;  // behind magic and version
  while (at < module.size()) {
    std::size_t size = 0;
    unsigned shift = 0;
    unsigned char byte = 0;
    do {
      byte = static_cast<unsigned char>(module[++at]);
      size |= static_cast<std::size_t>(byte & 0x7f) << shift;
      shift += 7;
    } while (byte & 0x80);
    at += 1 + size;
    ends.insert(at);
  }
  return ends;
}

TEST(AModuleThatIsCutOff, IsRefusedWhereverItEnds) {
  const std::string whole = bytesOf(guestFile("hello"));
  CheckedModules modules;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    modules.add("cut-" + std::to_string(size), whole.substr(0, size));
  }
  const CheckResult result = modules.check();
  ASSERT_TRUE(result.ending) << "skiffd --check hangs";
  EXPECT_EQ(*result.ending, (Ending{1, 0})) << result.error;
  const std::set<std::size_t> ends = sectionEnds(whole);
  EXPECT_TRUE(ends.contains(whole.size()));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    // Without its last sections it may be a module still: one with less in it.
    if (ends.contains(size)) continue;
    EXPECT_NE(modules.message("cut-" + std::to_string(size)), "") << "cut off after " << size;
  }
  // It may lack its data, and the three custom sections behind them: names, producers, features.
  EXPECT_GE(modules.refused(), whole.size() - 4);
}

TEST(AModuleWithAFlippedBit, IsTakenOrRefusedButNeverCrashesOrHangs) {
  constexpr std::size_t kFlips = 200;
  for (const char* guest : {"hello", "test/count_table"}) {
    SCOPED_TRACE(guest);
    const std::string whole = bytesOf(guestFile(guest));
    CheckedModules modules;
    for (std::size_t i = 0; i < kFlips; ++i) {
      std::string bytes = whole;
      char& byte = bytes[i * whole.size() / kFlips];
      byte = static_cast<char>(byte ^ (1 << (i % 8)));
      modules.add("flip-" + std::to_string(i), bytes);
    }
    const CheckResult result = modules.check();
    ASSERT_TRUE(result.ending) << "skiffd --check hangs";
    EXPECT_EQ(*result.ending, (Ending{1, 0})) << result.error;
    EXPECT_GT(modules.refused(), kFlips / 4);
  }
}

TEST(ADaemon, WhoseModuleIsBadDoesNotStart) {
  TemporaryFolder folder;
  std::ofstream(folder / "bad.wasm") << "no module";
  ConfigText config;
  config.apps = {{"bad", folder / "bad.wasm", {}, {}}};
  std::ofstream(folder / "skiff.toml") << config.text();
  Process process(SKIFFD, {"--config", folder / "skiff.toml"});
  EXPECT_EQ(process.wait(), (Ending{1, 0}));
  EXPECT_THAT(process.text(Process::Stream::error), HasSubstr("acme/bad: "));
}

}  // namespace
}  // namespace skiff::e2e
