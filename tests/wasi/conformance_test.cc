// WASI preview 1, function by function. The cases are in guests/test/conformance: they make what
// they need, call the function, and say whether it did what the specification has it do. Here they
// are run, once on a directory of the host and once on one in memory, and counted.
#include <algorithm>
#include <map>
#include <set>
#include <sstream>

#include "tests/wasi/case_run.h"
#include "tests/wasi/prepared_tree.h"

namespace skiff::testing {
namespace {

/// All of them, in the order of the specification.
constexpr const char* kFunctions[] = {
    "args_get",
    "args_sizes_get",
    "environ_get",
    "environ_sizes_get",
    "clock_res_get",
    "clock_time_get",
    "fd_advise",
    "fd_allocate",
    "fd_close",
    "fd_datasync",
    "fd_fdstat_get",
    "fd_fdstat_set_flags",
    "fd_fdstat_set_rights",
    "fd_filestat_get",
    "fd_filestat_set_size",
    "fd_filestat_set_times",
    "fd_pread",
    "fd_prestat_get",
    "fd_prestat_dir_name",
    "fd_pwrite",
    "fd_read",
    "fd_readdir",
    "fd_renumber",
    "fd_seek",
    "fd_sync",
    "fd_tell",
    "fd_write",
    "path_create_directory",
    "path_filestat_get",
    "path_filestat_set_times",
    "path_link",
    "path_open",
    "path_readlink",
    "path_remove_directory",
    "path_rename",
    "path_symlink",
    "path_unlink_file",
    "poll_oneoff",
    "proc_exit",
    "proc_raise",
    "sched_yield",
    "random_get",
    "sock_accept",
    "sock_recv",
    "sock_send",
    "sock_shutdown",
};
static_assert(std::size(kFunctions) == 46);

/// Whose cases do not all need what only the host can prepare.
bool worksOnFiles(std::string_view function) {
  return function.starts_with("fd_") || function.starts_with("path_");
}

/// The arguments that conformance.c describes; those behind the function are there for args_get.
std::vector<std::string> runArguments(const char* root, const char* stage, const char* function) {
  return {"run", root, stage, function, "", "two words", "gr\xc3\xbc\xc3\x9f dich"};
}

std::vector<std::string> optionsFor(const PreparedTree& tree) {
  std::vector<std::string> options = tree.grants();
  for (const char* option :
       {"--env", "EMPTY=", "--env", "TEXT=some text", "--env", "MORE=a=b", "--tmp"}) {
    options.emplace_back(option);
  }
  return options;
}

std::string nameOf(const ::testing::TestParamInfo<const char*>& info) {
  return info.param;
}

class Conformance : public ::testing::TestWithParam<const char*> {
 protected:
  void run(const char* root, const char* stage, const StandardInput& input) {
    expectAllWell(
        runProgram(optionsFor(tree_), "conformance", runArguments(root, stage, GetParam()), input));
    EXPECT_EQ(tree_.damage(), "");
  }
  PreparedTree tree_;
};

using OnTheHost = Conformance;
TEST_P(OnTheHost, does_what_the_specification_says) {
  run("/work", "host", StandardInput("standard input"));
}
/// All but proc_exit, which has no case that returns: see ConformanceEnding.
std::vector<const char*> functionsThatReturn() {
  std::vector<const char*> functions(std::begin(kFunctions), std::end(kFunctions));
  std::erase_if(functions, [](std::string_view name) { return name == "proc_exit"; });
  return functions;
}
INSTANTIATE_TEST_SUITE_P(Conformance, OnTheHost, ::testing::ValuesIn(functionsThatReturn()),
                         nameOf);

using InMemory = Conformance;
TEST_P(InMemory, does_the_same) {
  run("/tmp", "anywhere", StandardInput(""));
}
std::vector<const char*> functionsOnFiles() {
  std::vector<const char*> functions;
  std::copy_if(std::begin(kFunctions), std::end(kFunctions), std::back_inserter(functions),
               worksOnFiles);
  return functions;
}
INSTANTIATE_TEST_SUITE_P(Conformance, InMemory, ::testing::ValuesIn(functionsOnFiles()), nameOf);

using WhileNothingComesIn = Conformance;
TEST_P(WhileNothingComesIn, does_what_the_specification_says) {
  run("/work", "silent", StandardInput::silent());
}
INSTANTIATE_TEST_SUITE_P(Conformance, WhileNothingComesIn,
                         ::testing::Values("fd_fdstat_set_flags", "poll_oneoff"), nameOf);

/// A line of the guest's own list.
struct ListedCase {
  std::string function;
  std::string name;
  std::string kind;
  std::string stage;
  int code = 0;
};

std::vector<ListedCase> listedCases() {
  const ProgramRun run = runProgram({}, "conformance", {"list"});
  EXPECT_EQ(run.ending, e2e::Ending{}) << run.text();
  std::vector<ListedCase> cases;
  for (const std::string& line : linesOf(run.output)) {
    ListedCase& each = cases.emplace_back();
    std::istringstream(line) >> each.function >> each.name >> each.kind >> each.stage >> each.code;
  }
  return cases;
}

TEST(ConformanceEnding, ends_the_program_with_the_code_that_it_should) {
  int endings = 0;
  for (const ListedCase& each : listedCases()) {
    if (each.stage != "ending") continue;
    ++endings;
    const ProgramRun run = runProgram({}, "conformance", {"end", each.function, each.name});
    EXPECT_EQ(run.ending, (e2e::Ending{each.code, 0})) << each.function << " " << each.name << "\n"
                                                       << run.text();
    EXPECT_EQ(run.output, "") << "the program went on behind " << each.name;
  }
  EXPECT_GE(endings, 10);
}

TEST(ConformanceTable, has_every_function_with_its_success_and_its_failure) {
  // Nothing can go wrong with these, and no sockets are ever granted for those.
  const std::set<std::string> cannotFail{"proc_exit", "sched_yield"};
  const std::set<std::string> cannotSucceed{"sock_accept", "sock_recv", "sock_send",
                                            "sock_shutdown"};
  std::map<std::string, std::map<std::string, int>> kinds;
  std::set<std::string> names;
  for (const ListedCase& each : listedCases()) {
    ++kinds[each.function][each.kind];
    EXPECT_TRUE(names.insert(each.function + " " + each.name).second)
        << each.function << " has " << each.name << " twice";
  }
  EXPECT_GE(names.size(), 550u);
  EXPECT_EQ(kinds.size(), std::size(kFunctions));
  for (const char* function : kFunctions) {
    EXPECT_EQ(kinds[function]["success"] > 0, !cannotSucceed.contains(function)) << function;
    EXPECT_EQ(kinds[function]["failure"] > 0, !cannotFail.contains(function)) << function;
  }
}

}  // namespace
}  // namespace skiff::testing
