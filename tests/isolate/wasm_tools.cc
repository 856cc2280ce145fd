#include "tests/isolate/wasm_tools.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "isolate/wasm/writer.h"

namespace skiff::wasm {

namespace {

namespace fs = std::filesystem;

/// A file that goes with its owner.
class TemporaryFile {
 public:
  TemporaryFile(std::string_view suffix, std::string_view content) {
    static std::atomic<unsigned> counter{0};
    path_ = fs::path(testing::TempDir()) / ("skiff_wasm_" + std::to_string(getpid()) + "_" +
                                            std::to_string(counter++) + std::string(suffix));
    std::ofstream(path_, std::ios::binary) << content;
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() {
    std::error_code ignored;
    fs::remove(path_, ignored);
  }
  std::string path() const { return path_.string(); }
  Bytes read() const {
    std::ifstream file(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

 private:
  fs::path path_;
};

struct CommandOutcome {
  int status = -1;
  std::string output;  ///< standard output and error
};

CommandOutcome run(const std::string& command) {
  CommandOutcome outcome;
  std::FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) return outcome;
  std::array<char, 4'096> buffer;
  while (const std::size_t size = std::fread(buffer.data(), 1, buffer.size(), pipe)) {
    outcome.output.append(buffer.data(), size);
  }
  outcome.status = pclose(pipe);
  return outcome;
}

std::string_view asText(const Bytes& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string quote(const std::string& path) {
  return "'" + path + "'";
}

class FixedAbi : public EntryAbi {
 public:
  FixedAbi(std::string_view name, std::span<const EntryPoint> entries)
      : name_(name), entries_(entries) {}
  std::string_view name() const override { return name_; }
  std::span<const EntryPoint> entryPoints() const override { return entries_; }
  Step begin(HostContext&) const override { return {}; }
  Step returned(HostContext&, std::uint8_t, std::int64_t) const override { return {}; }
  Step ready(HostContext&) const override { return {}; }
  Step exited(HostContext&, int) const override { return {}; }

 private:
  std::string_view name_;
  std::span<const EntryPoint> entries_;
};

}  // namespace

namespace {

Bytes assembleWith(std::string_view text, const std::string& options) {
  const TemporaryFile source(".wat", text);
  const TemporaryFile binary(".wasm", "");
  // Not --enable-all: wabt's typed function references are those of an early proposal.
  const CommandOutcome outcome =
      run(SKIFF_WAT2WASM
          " --debug-names --enable-exceptions --enable-threads --enable-tail-call "
          "--enable-memory64 --enable-multi-memory " +
          options + quote(source.path()) + " -o " + quote(binary.path()));
  EXPECT_EQ(outcome.status, 0) << outcome.output;
  return outcome.status == 0 ? binary.read() : Bytes{};
}

}  // namespace

Bytes assemble(std::string_view text) {
  return assembleWith(text, "");
}

Bytes assembleUnchecked(std::string_view text) {
  return assembleWith(text, "--no-check ");
}

std::string runInEngine(std::span<const Bytes> modules, std::string_view script) {
  // One file for all modules, each behind its length.
  std::string content;
  for (const Bytes& module : modules) {
    const auto size = static_cast<std::uint32_t>(module.size());
    for (const unsigned shift : {0u, 8u, 16u, 24u}) content += static_cast<char>(size >> shift);
    content += asText(module);
  }
  const TemporaryFile input(".bin", content);
  const TemporaryFile program(".cjs", std::string(R"(
    const data = require('fs').readFileSync(process.argv[2]);
    const modules = [];
    for (let at = 0; at < data.length;) {
      const size = data.readUInt32LE(at);
      modules.push(new Uint8Array(data.subarray(at + 4, at + 4 + size)));
      at += 4 + size;
    }
  )") + std::string(script));
  const CommandOutcome outcome = run("env -u NODE_OPTIONS " SKIFF_ENGINE " " +
                                     quote(program.path()) + " " + quote(input.path()));
  EXPECT_EQ(outcome.status, 0) << outcome.output;
  return outcome.output;
}

std::string runInEngine(const Bytes& module, std::string_view script) {
  return runInEngine(std::span(&module, 1), script);
}

std::vector<std::string> engineErrors(std::span<const Bytes> modules) {
  std::istringstream lines(runInEngine(modules, R"(
    for (const module of modules) {
      let answer = '';
      try { new WebAssembly.Module(module); } catch (error) { answer = error.message; }
      console.log(answer.replaceAll('\n', ' '));
    }
  )"));
  std::vector<std::string> errors;
  for (std::string line; std::getline(lines, line);) errors.push_back(line);
  EXPECT_EQ(errors.size(), modules.size());
  errors.resize(modules.size(), "the engine did not answer");
  return errors;
}

std::string engineError(const Bytes& module) {
  return engineErrors(std::span(&module, 1)).front();
}

Bytes section(std::uint8_t id, const Bytes& body) {
  Writer writer;
  writer.section(id, body);
  return writer.take();
}

Bytes moduleOf(const std::vector<Bytes>& sections) {
  Writer writer;
  writePreamble(writer);
  for (const Bytes& part : sections) writer.bytes(part);
  return writer.take();
}

const EntryAbi& handlerAbi() {
  static constexpr EntryPoint kEntries[] = {
      {"handle_request", "", 'I', true, true},
      {"handle_response", "ii", 0, false, false},
  };
  static const FixedAbi abi("test-handler", kEntries);
  return abi;
}

const EntryAbi& commandAbi() {
  static constexpr EntryPoint kEntries[] = {{"_start", "", 0, true, true}};
  static const FixedAbi abi("test-command", kEntries);
  return abi;
}

std::span<const HostModule> testModules() {
  static constexpr auto kCall = [](HostContext&, const std::uint32_t*) {
    return HostResult::done();
  };
  static constexpr HostFunction kHost[] = {
      {"plain", "ii", 'i', false, kCall},       {"wide", "I", 'I', false, kCall},
      {"waiting", "iI", 'i', true, kCall},      {"waiting_wide", "", 'I', true, kCall},
      {"waiting_nothing", "i", 0, true, kCall},
  };
  static constexpr HostFunction kOther[] = {{"nothing", "", 0, false, kCall}};
  static constexpr HostModule kModules[] = {{"host", kHost}, {"other", kOther}};
  return kModules;
}

}  // namespace skiff::wasm
