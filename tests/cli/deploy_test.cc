#include <boost/json.hpp>

#include "cli/session/json_fields.h"
#include "tests/cli/run.h"

namespace skiff::cli {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string kApp = "/v1/tenants/acme/apps/web";
const std::string kNew(64, 'c');
const std::string kOld(64, 'a');
const std::string kModule("\0asm\1\0\0\0", 8);
const std::string kVersion = R"({"version":")" + kNew +
                             R"(","size":8,"abi":"wasi","signature":{"verdict":"unchecked"},)"
                             R"("notes":["It asks for randomness while it initialises."]})";
const std::string kSteps = eventStream(
    "event: progress\ndata: {\"step\":\"prepare\"}\n\n"
    "event: progress\ndata: {\"step\":\"warm\"}\n\n"
    "event: result\ndata: {\"status\":201,\"body\":" +
    kVersion + "}\n\n");

std::string deploymentOf(const std::string& version) {
  return R"({"number":1,"split":[{"version":")" + version + R"(","weight":10000}]})";
}

/// A daemon that has the app, and a place with a module.
struct Deploy : ::testing::Test {
  Deploy() : place(server) {
    place.home.write("web.wasm", kModule);
    server.on("GET " + kApp, answer(200, R"({"name":"web","routes":["web.localhost/*"]})",
                                    "application/json", "ETag: \"r1\"\r\n"));
    server.on("POST " + kApp + "/versions", kSteps);
    server.on("PUT " + kApp + "/deployment", answer(200, deploymentOf(kNew)));
    server.on("GET /v1/status", answer(200, R"({"version":"1","listen":["127.0.0.1:8080"]})"));
  }
  Ran run(std::vector<std::string> words) {
    words.insert(words.begin(), {"deploy", (place.home.path() / "web.wasm").string()});
    return place.run(words);
  }
  boost::json::value body(const std::string& line) { return parseJson(server.last(line).body); }

  ScriptedServer server;
  Place place;
};

TEST_F(Deploy, UploadsAndGivesAllTraffic) {
  const Ran ran = run({});
  EXPECT_EQ(ran.status, ExitStatus::success) << ran.errors;
  EXPECT_THAT(server.lines(),
              ElementsAre("GET " + kApp, "POST " + kApp + "/versions",
                          "PUT " + kApp + "/deployment", "GET " + kApp, "GET /v1/status"));
  const Asked upload = server.last("POST " + kApp + "/versions");
  EXPECT_EQ(upload.body, kModule);
  EXPECT_EQ(upload.field("content-type"), "application/wasm");
  EXPECT_THAT(upload.field("accept"), HasSubstr("text/event-stream"));
  EXPECT_EQ(body("PUT " + kApp + "/deployment"),
            parseJson(deploymentOf(kNew).replace(1, std::string("\"number\":1,").size(), "")));
  EXPECT_EQ(ran.out,
            "deployed acme/web version cccccccccccc (8 B, wasi)\n"
            "note: It asks for randomness while it initialises.\n"
            "traffic  cccccccccccc 100 %\n"
            "try it   curl http://web.localhost:8080/\n");
  EXPECT_EQ(ran.errors, "");  // no progress where nobody looks
}

TEST_F(Deploy, DrawsItsStepsOnATerminal) {
  place.isLively = true;
  const Ran ran = run({});
  EXPECT_THAT(ran.errors, AllOf(HasSubstr("upload"), HasSubstr("prepare"), HasSubstr("warm")));
}

TEST_F(Deploy, PrintsTheApisJson) {
  const Ran ran = run({"--json"});
  const auto printed = parseJson(ran.out);
  EXPECT_EQ(member(printed, "version"), parseJson(kVersion));
  EXPECT_EQ(member(printed, "deployment"), parseJson(deploymentOf(kNew)));
}

TEST_F(Deploy, MakesTheAppIfRoutesAreGiven) {
  server.on("GET " + kApp, {problem(404, "not_found", "No."),
                            answer(200, R"({"name":"web","routes":["w.test/*"]})")});
  server.on("PUT " + kApp, answer(201, R"({"name":"web"})"));
  const Ran ran = run({"--route", "w.test/*", "--env", "A=1"});
  EXPECT_EQ(ran.status, ExitStatus::success) << ran.errors;
  EXPECT_EQ(body("PUT " + kApp), parseJson(R"({"routes":["w.test/*"],"env":{"A":"1"}})"));
  EXPECT_EQ(server.last("PUT " + kApp).field("if-none-match"), "*");
}

TEST_F(Deploy, SaysHowToMakeAnAppThatIsNotThere) {
  server.on("GET " + kApp, problem(404, "not_found", "There is no such app."));
  const Ran ran = run({});
  EXPECT_EQ(ran.status, ExitStatus::negative);
  EXPECT_THAT(ran.errors, HasSubstr("--route web.localhost/*"));
  EXPECT_EQ(server.last("POST " + kApp + "/versions").method, "");
}

TEST_F(Deploy, ChangesTheRoutesOfAnAppOnceTheVersionIsThere) {
  server.on("PUT " + kApp, answer(200, R"({"name":"web"})"));
  EXPECT_EQ(run({"--route", "new.test/*"}).status, ExitStatus::success);
  EXPECT_EQ(body("PUT " + kApp), parseJson(R"({"routes":["new.test/*"]})"));
  EXPECT_EQ(server.lines()[1], "POST " + kApp + "/versions");
}

TEST_F(Deploy, GivesACanaryItsPart) {
  server.on("GET " + kApp + "/deployment",
            answer(200, R"({"split":[{"version":")" + kOld + R"(","weight":1}],"sticky":"ip"})",
                   "application/json", "ETag: \"r5\"\r\n"));
  EXPECT_EQ(run({"--weight", "5", "--auto-rollback"}).status, ExitStatus::success);
  EXPECT_EQ(body("PUT " + kApp + "/deployment"),
            parseJson(R"({"sticky":"ip","split":[{"version":")" + kOld +
                      R"(","weight":9500},{"version":")" + kNew +
                      R"(","weight":500}],"auto_rollback":true})"));
  EXPECT_EQ(server.last("PUT " + kApp + "/deployment").field("if-match"), "\"r5\"");
}

TEST_F(Deploy, GivesAFirstCanaryAllTraffic) {
  server.on("GET " + kApp + "/deployment", problem(409, "not_deployed", "Nothing."));
  EXPECT_EQ(run({"--weight", "5"}).status, ExitStatus::success);
  EXPECT_EQ(body("PUT " + kApp + "/deployment"),
            parseJson(R"({"split":[{"version":")" + kNew + R"(","weight":10000}]})"));
}

TEST_F(Deploy, CanLeaveTheTrafficAlone) {
  const Ran ran = run({"--no-traffic"});
  EXPECT_EQ(ran.status, ExitStatus::success);
  EXPECT_THAT(ran.out, HasSubstr("skiff split acme/web cccccccccccc=100%"));
  EXPECT_EQ(server.last("PUT " + kApp + "/deployment").method, "");
}

TEST_F(Deploy, PullsAnImage) {
  const Ran ran = place.run({"deploy", "--image", "ghcr.io/acme/web:1.2"});
  EXPECT_EQ(ran.status, ExitStatus::success) << ran.errors;
  EXPECT_EQ(body("POST " + kApp + "/versions"), parseJson(R"({"image":"ghcr.io/acme/web:1.2"})"));
}

TEST_F(Deploy, TellsWhyAModuleIsRefused) {
  server.on("POST " + kApp + "/versions",
            eventStream("event: progress\ndata: {\"step\":\"prepare\"}\n\n"
                        "event: error\ndata: {\"title\":\"Module refused\",\"status\":422,"
                        "\"code\":\"module_refused\",\"detail\":\"It imports env.nothing.\"}\n\n"));
  const Ran ran = run({});
  EXPECT_EQ(ran.status, ExitStatus::negative);
  EXPECT_THAT(ran.errors, HasSubstr("It imports env.nothing."));
  EXPECT_EQ(server.last("PUT " + kApp + "/deployment").method, "");
}

TEST_F(Deploy, TakesAnAnswerWithoutSteps) {
  server.on("POST " + kApp + "/versions", answer(201, kVersion));
  EXPECT_EQ(run({}).status, ExitStatus::success);
  server.on("POST " + kApp + "/versions", problem(507, "storage_full", "The disk is full."));
  EXPECT_EQ(run({}).status, ExitStatus::negative);
}

TEST_F(Deploy, IsNotDoneIfTheStepsEndTooSoon) {
  server.on("POST " + kApp + "/versions",
            eventStream("event: progress\ndata: {\"step\":\"prepare\"}\n\n"
                        "event: result\ndata: {\"status\":201,\"bo"));
  const Ran ran = run({});
  EXPECT_EQ(ran.status, ExitStatus::failed);
  EXPECT_THAT(ran.errors, HasSubstr("skiff versions acme/web"));
  EXPECT_EQ(server.last("PUT " + kApp + "/deployment").method, "");
}

TEST_F(Deploy, AsksNothingForWhatIsNoModule) {
  for (const std::string_view text : {"", "(module)",
                                      "\x7f"
                                      "ELF"}) {
    place.home.write("web.wasm", text);
    const Ran ran = run({});
    EXPECT_EQ(ran.status, ExitStatus::failed);
    EXPECT_THAT(ran.errors, HasSubstr("not a WebAssembly module"));
  }
  EXPECT_EQ(place.run({"deploy", "/nowhere.wasm"}).status, ExitStatus::failed);
  EXPECT_EQ(place.run({"deploy"}).status, ExitStatus::failed);
  EXPECT_EQ(run({"--image", "x/y"}).status, ExitStatus::failed);
  EXPECT_EQ(run({"--weight", "lots"}).status, ExitStatus::failed);
  EXPECT_EQ(run({"--weight", "5", "--no-traffic"}).status, ExitStatus::failed);
  EXPECT_TRUE(server.asked().empty());
}

TEST_F(Deploy, UploadsAllOfALargeModule) {
  const std::string large = kModule + std::string(8 << 20, 'x');
  place.home.write("web.wasm", large);
  place.isLively = true;
  EXPECT_EQ(run({}).status, ExitStatus::success);
  EXPECT_EQ(server.last("POST " + kApp + "/versions").body, large);
}

TEST_F(Deploy, ReadsTheAnswerOfADaemonThatDoesNotWantTheBody) {
  server.on("POST " + kApp + "/versions", problem(413, "body_too_large", "Up to 64 MiB."));
  EXPECT_THAT(run({}).errors, HasSubstr("Up to 64 MiB."));
}

}  // namespace
}  // namespace skiff::cli
