#pragma once

#include <set>
#include <string>

#include "tests/wasi/wasi_run.h"

/// Programs that run a table of cases (guests/test/conformance/conformance.h).
namespace skiff::testing {

/// What follows `word` and a space in each line that begins so.
std::multiset<std::string> linesAfter(const std::string& word, const std::string& output);

/// Expects that every declared case reported success, no more and no less.
void expectAllWell(const ProgramRun& run);

}  // namespace skiff::testing
