#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tests/e2e/process.h"

namespace skiff::testing {

/// How a program ended that `skiff wasi-run` ran, and what it wrote.
struct ProgramRun {
  e2e::Ending ending;
  std::string output;
  std::string error;
  /// For a failed expectation: everything there is to know.
  std::string text() const;
};

/// What a program finds on its standard input.
class StandardInput {
 public:
  /// This text, and its end.
  explicit StandardInput(std::string_view text);
  /// Nothing, and no end while the object lives.
  static StandardInput silent();
  ~StandardInput();
  StandardInput(StandardInput&& other) noexcept;
  StandardInput(const StandardInput&) = delete;
  StandardInput& operator=(const StandardInput&) = delete;

  int descriptor() const { return readEnd_; }
  /// REQUIRES: made by silent().
  void send(std::string_view text) const;

 private:
  StandardInput();

  int readEnd_ = -1;
  int writeEnd_ = -1;
};

/// Starts the test guest `guest` (without ".wasm") in `skiff wasi-run OPTIONS guest ARGUMENTS`.
e2e::Process startProgram(const std::vector<std::string>& options, const std::string& guest,
                          const std::vector<std::string>& arguments, const StandardInput& input);

/// Waits for its end; throws if that takes too long.
ProgramRun endOf(e2e::Process& process);

/// Starts it and waits for its end; throws if that takes too long.
ProgramRun runProgram(const std::vector<std::string>& options, const std::string& guest,
                      const std::vector<std::string>& arguments,
                      const StandardInput& input = StandardInput(""));

/// The lines of a text, without their ends.
std::vector<std::string> linesOf(const std::string& text);

}  // namespace skiff::testing
