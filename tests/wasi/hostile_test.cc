// Hostile arguments from a compiled guest, through the engine: the host function refuses them, or
// does what they ask for and nothing else. (Arguments by the million, without the engine:
// tests/fuzz/host_call_fuzz.cc.)
#include <sys/resource.h>

#include <csignal>

#include "tests/e2e/daemon.h"
#include "tests/wasi/prepared_tree.h"
#include "tests/wasi/wasi_run.h"

namespace skiff::testing {
namespace {

/// What a guest may ask to be allocated on the disk is bounded while this lives, also for the
/// programs that are started.
class BoundedFiles {
 public:
  BoundedFiles() {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit bounded{16 << 20, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &bounded);
    std::signal(SIGXFSZ, SIG_IGN);  // inherited; a write beyond the bound fails
  }
  ~BoundedFiles() { ::setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_{};
};

class HostileArguments : public ::testing::TestWithParam<int> {};

TEST_P(HostileArguments, of_wasi_touch_nothing_around_what_they_name) {
  const BoundedFiles bounded;
  const PreparedTree tree;
  const ProgramRun run = runProgram({"--dir", tree.work().string() + "::/work", "--tmp"}, "hostile",
                                    {std::to_string(GetParam()), "5000"});
  constexpr int kAllWell = 42;
  EXPECT_EQ(run.ending, (e2e::Ending{kAllWell, 0})) << run.error.substr(0, 1'000);
  EXPECT_EQ(tree.damage(), "");
}
INSTANTIATE_TEST_SUITE_P(Seed, HostileArguments, ::testing::Values(1, 2, 3));

TEST(HostileHandlers, are_stopped_or_answered_and_harm_nobody_else) {
  e2e::ConfigText config;
  config.apps = {{"hostile", "test/hostile_handler", "config = \"some text\"\n", {}},
                 {"hello", "hello", "config = \"Hello\"\n", {}}};
  const e2e::Daemon daemon(config);
  int answered = 0;
  int stopped = 0;
  for (int number = 0; number < 17 * 48; ++number) {
    const e2e::Response response =
        daemon.get("hostile.test", "/?case=" + std::to_string(number * 7 + number / 17));
    if (response.status == 200) {
      ++answered;
      EXPECT_TRUE(response.body.ends_with("untouched")) << "case " << number;
    } else {
      ++stopped;
      EXPECT_EQ(response.status, 500) << "case " << number;
      EXPECT_EQ(response.field("skiff-reason"), "guest_trap") << "case " << number;
    }
  }
  EXPECT_GT(answered, 50);
  EXPECT_GT(stopped, 50);
  EXPECT_EQ(daemon.get("hello.test").status, 200);
}

}  // namespace
}  // namespace skiff::testing
