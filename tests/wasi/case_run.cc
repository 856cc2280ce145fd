#include "tests/wasi/case_run.h"

#include <gtest/gtest.h>

namespace skiff::testing {

std::multiset<std::string> linesAfter(const std::string& word, const std::string& output) {
  std::multiset<std::string> found;
  for (const std::string& line : linesOf(output)) {
    if (line.starts_with(word + " ")) found.insert(line.substr(word.size() + 1));
  }
  return found;
}

void expectAllWell(const ProgramRun& run) {
  EXPECT_EQ(run.ending, e2e::Ending{}) << run.text();
  for (const std::string& failure : linesAfter("not ok", run.output)) ADD_FAILURE() << failure;
  const auto declared = linesAfter("case", run.output);
  EXPECT_FALSE(declared.empty()) << run.text();
  EXPECT_EQ(linesAfter("ok", run.output), declared) << run.text();
}

}  // namespace skiff::testing
