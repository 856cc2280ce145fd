// A disk that is full, read-only or broken below data_dir.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>
#include <system_error>

#include "tests/deploy/oci/scripted_registry.h"
#include "tests/e2e/pulling.h"
#include "tests/faults/faults.h"

namespace skiff::faults {
namespace {

using e2e::AdminApi;
using e2e::ApiReply;
using e2e::appPath;
using e2e::ConfigText;
using e2e::Daemon;
using e2e::Process;
using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr const char* kOld = "Hello from wasm";
constexpr const char* kNew = "Hello from skiff, you asked for /\n";

/// A section of a module that says nothing but its number.
std::string customSection(std::uint64_t number) {
  const std::string text = std::to_string(number);
  const auto length = static_cast<char>(text.size());
  return std::string{'\0', static_cast<char>(length + 1), length} + text;
}

class ADisk : public ::testing::Test {
 protected:
  ADisk() {
    version_ = api_.serve("acme", "web", "hello_wat");
    faults_.concern(daemon_.dataFolder());
  }

  ApiReply upload(std::string_view guest) {
    return api_.ask("POST", appPath("acme/web", "/versions"), e2e::guestBytes(guest),
                    "application/wasm");
  }
  /// What was refused can be done, and stays.
  void expectAllWell() {
    const ApiReply again = upload("hello");
    EXPECT_THAT(again.status, AnyOf(200, 201)) << again.text;
    EXPECT_EQ(api_.deploy("acme/web", again.word("version")).status, 200);
    EXPECT_EQ(daemon_.get("web.test").body, kNew);
    EXPECT_THAT(e2e::storeOf(daemon_).unfinished, IsEmpty());
    daemon_.restart();
    EXPECT_EQ(daemon_.get("web.test").body, kNew);
    EXPECT_EQ(api_.deploy("acme/web", version_).status, 200);
    EXPECT_EQ(daemon_.get("web.test").body, kOld);
  }
  std::string logged(std::string_view part) {
    return daemon_.process().waitForLine(Process::Stream::error, part);
  }

  Faults faults_;
  Daemon daemon_{ConfigText{}, faults_.options()};
  AdminApi api_{daemon_};
  std::string version_;
};

struct Case {
  const char* name;
  Call call;
  int error;
  int status;
  const char* code;
  const char* detail;
};

const Case kCases[] = {
    {"IsFull", Call::write, ENOSPC, 507, "storage_full", "disk is full"},
    {"HasNoRoomForFiles", Call::open, ENOSPC, 507, "storage_full", "disk is full"},
    {"IsReadOnly", Call::open, EROFS, 500, "internal", "Read-only file system"},
    {"FailsToWrite", Call::write, EIO, 500, "internal", "Input/output error"},
    {"FailsToSync", Call::sync, EIO, 500, "internal", "Input/output error"},
    {"FailsToRename", Call::rename, EIO, 500, "internal", "Input/output error"},
};

void PrintTo(const Case& one, std::ostream* out) {
  *out << one.name;
}

std::string nameOfCase(const ::testing::TestParamInfo<Case>& instance) {
  return instance.param.name;
}

class ADiskThat : public ADisk, public ::testing::WithParamInterface<Case> {
 protected:
  void expectRefused(const ApiReply& refused) {
    EXPECT_EQ(refused.status, GetParam().status) << refused.text;
    EXPECT_EQ(refused.word("code"), GetParam().code) << refused.text;
    EXPECT_THAT(refused.word("detail"),
                AllOf(HasSubstr(GetParam().detail), HasSubstr("data_dir, and try again"),
                      Not(HasSubstr("skiff-test"))))
        << refused.text;
  }
};

TEST_P(ADiskThat, RefusesAnUploadWithTheCauseAndLosesNothing) {
  faults_.fail(GetParam().call, GetParam().error);
  expectRefused(upload("hello"));
  EXPECT_GT(faults_.failed(GetParam().call), 0u);
  EXPECT_THAT(logged("error   blobs: cannot "),
              HasSubstr(std::generic_category().message(GetParam().error)));
  EXPECT_EQ(daemon_.get("web.test").body, kOld) << "what was deployed is served meanwhile";
  EXPECT_EQ(daemon_.admin("/readyz").status, 200);
  faults_.heal();
  EXPECT_EQ(daemon_.get("web.test").body, kOld);
  expectAllWell();
}

INSTANTIATE_TEST_SUITE_P(Cases, ADiskThat, ::testing::ValuesIn(kCases), nameOfCase);

/// What only the catalog is asked for.
class ACatalogWhoseDisk : public ADiskThat {};

TEST_P(ACatalogWhoseDisk, RefusesAChangeWithTheCauseAndMakesNoneOfIt) {
  faults_.fail(GetParam().call, GetParam().error);
  expectRefused(api_.put("/v1/tenants/globex", "{}"));
  EXPECT_GT(faults_.failed(GetParam().call), 0u);
  EXPECT_NE(logged("error   catalog: the catalog "), "");
  EXPECT_EQ(api_.get("/v1/tenants/globex").status, 404);
  EXPECT_EQ(api_.get("/v1/tenants/acme").status, 200) << "reading goes on";
  EXPECT_EQ(daemon_.get("web.test").body, kOld);
  faults_.heal();
  EXPECT_EQ(api_.get("/v1/tenants/globex").status, 404);
  EXPECT_EQ(api_.put("/v1/tenants/globex", "{}").status, 201);
  daemon_.restart();
  EXPECT_EQ(api_.get("/v1/tenants/globex").status, 200);
}

INSTANTIATE_TEST_SUITE_P(Cases, ACatalogWhoseDisk,
                         ::testing::Values(kCases[0], kCases[3], kCases[4],
                                           Case{"IsReadOnlyByNow", Call::write, EROFS, 500,
                                                "internal", "Input/output error"}),
                         nameOfCase);

/// Each call of an upload and a deployment that changes something on the disk fails once, alone.
class ASingleFault : public ADisk, public ::testing::WithParamInterface<Call> {};

TEST_P(ASingleFault, HitsAnUploadAndADeploymentWholeOrNotAtAll) {
  std::size_t made = 0;
  std::size_t refused = 0;
  for (std::uint64_t number = 1;; ++number) {
    SCOPED_TRACE("the call " + std::to_string(number));
    const std::uint64_t before = faults_.failed(GetParam());
    // Another module each time, so that nothing of it is there.
    const std::string module = e2e::guestBytes("hello") + customSection(number);
    faults_.failOnce(GetParam(), number, EIO);
    const ApiReply uploaded =
        api_.ask("POST", appPath("acme/web", "/versions"), module, "application/wasm");
    if (uploaded.status == 201) {
      const ApiReply deployed = api_.deploy("acme/web", uploaded.word("version"));
      EXPECT_THAT(deployed.status, AnyOf(200, 500)) << deployed.text;
      EXPECT_EQ(daemon_.get("web.test").body, deployed.status == 200 ? kNew : kOld);
      ++(deployed.status == 200 ? made : refused);
    } else {
      EXPECT_EQ(uploaded.status, 500) << uploaded.text;
      EXPECT_THAT(uploaded.word("detail"), HasSubstr("Input/output error"));
      ++refused;
    }
    faults_.heal();
    EXPECT_EQ(daemon_.admin("/readyz").status, 200);
    EXPECT_EQ(api_.deploy("acme/web", version_).status, 200);
    EXPECT_EQ(daemon_.get("web.test").body, kOld);
    if (faults_.failed(GetParam()) == before || HasFailure()) break;
  }
  std::printf("%zu were made, %zu refused\n", made, refused);
  EXPECT_GT(refused, 0u);
  expectAllWell();
}

std::string nameOfCall(const ::testing::TestParamInfo<Call>& instance) {
  constexpr const char* kNames[] = {"OfOpen", "OfWrite", "OfSync", "OfTruncate", "OfRename"};
  return kNames[static_cast<std::size_t>(instance.param)];
}

INSTANTIATE_TEST_SUITE_P(Calls, ASingleFault,
                         ::testing::Values(Call::open, Call::write, Call::sync, Call::rename),
                         nameOfCall);

TEST(APullOntoADiskThatIsFull, IsRefusedWithWhatToDoAndCanBeRepeated) {
  const testing::ScriptedArtifact artifact(e2e::guestBytes("hello"));
  const testing::ScriptedRegistry registry([&](const std::string& head, Peer& peer) {
    if (!artifact.answerFor(head, peer)) peer.send(testing::answer("200 OK", artifact.module));
  });
  ConfigText config;
  config.limits = "\n" + e2e::registryTable(registry.name());
  Faults faults;
  Daemon daemon(config, faults.options());
  const AdminApi api(daemon);
  api.serve("acme", "web", "hello_wat");
  faults.concern(daemon.dataFolder());
  const auto pull = [&] {
    return api.post(appPath("acme/web", "/versions"),
                    R"({"image":")" + registry.name() + R"(/t/app:v1"})");
  };
  faults.fail(Call::write, ENOSPC);
  const ApiReply refused = pull();
  EXPECT_EQ(refused.status, 507) << refused.text;
  EXPECT_THAT(refused.word("detail"),
              AllOf(HasSubstr("make room below data_dir"), Not(HasSubstr("skiff-test"))));
  EXPECT_NE(daemon.process().waitForLine(Process::Stream::error, "No space left on device"), "");
  EXPECT_EQ(daemon.get("web.test").body, kOld);
  faults.heal();
  const ApiReply pulled = pull();
  EXPECT_EQ(pulled.status, 201) << pulled.text;
  EXPECT_THAT(e2e::storeOf(daemon).unfinished, IsEmpty());
}

}  // namespace
}  // namespace skiff::faults
