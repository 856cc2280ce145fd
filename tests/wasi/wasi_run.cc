#include "tests/wasi/wasi_run.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace skiff::testing {

std::string ProgramRun::text() const {
  return "exit code " + std::to_string(ending.code) + ", signal " + std::to_string(ending.signal) +
         "\nstandard output:\n" + output + "\nstandard error:\n" + error;
}

StandardInput::StandardInput() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe2 failed");
  readEnd_ = ends[0];
  writeEnd_ = ends[1];
}

void StandardInput::send(std::string_view text) const {
  const ssize_t put = ::write(writeEnd_, text.data(), text.size());
  if (put != static_cast<ssize_t>(text.size())) throw std::runtime_error("the pipe is too small");
}

StandardInput::StandardInput(std::string_view text) : StandardInput() {
  send(text);
  ::close(std::exchange(writeEnd_, -1));
}

StandardInput StandardInput::silent() {
  return {};
}

StandardInput::StandardInput(StandardInput&& other) noexcept
    : readEnd_(std::exchange(other.readEnd_, -1)), writeEnd_(std::exchange(other.writeEnd_, -1)) {}

StandardInput::~StandardInput() {
  for (const int end : {readEnd_, writeEnd_}) {
    if (end >= 0) ::close(end);
  }
}

e2e::Process startProgram(const std::vector<std::string>& options, const std::string& guest,
                          const std::vector<std::string>& arguments, const StandardInput& input) {
  std::vector<std::string> words{"wasi-run"};
  words.insert(words.end(), options.begin(), options.end());
  words.push_back(std::string(SKIFF_GUESTS) + "/test/" + guest + ".wasm");
  words.insert(words.end(), arguments.begin(), arguments.end());
  return e2e::Process(SKIFF, words, input.descriptor());
}

ProgramRun endOf(e2e::Process& process) {
  const auto ending = process.wait();
  if (!ending) throw std::runtime_error("the program does not come to an end");
  return {*ending, process.text(e2e::Process::Stream::output),
          process.text(e2e::Process::Stream::error)};
}

ProgramRun runProgram(const std::vector<std::string>& options, const std::string& guest,
                      const std::vector<std::string>& arguments, const StandardInput& input) {
  e2e::Process process = startProgram(options, guest, arguments, input);
  return endOf(process);
}

std::vector<std::string> linesOf(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

}  // namespace skiff::testing
