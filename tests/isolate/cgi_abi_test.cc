#include "isolate/abi/cgi_abi.h"

#include "tests/isolate/wasi_guest.h"

namespace skiff::testing {
namespace {

using wasi::Errno;

/// A program in the middle of a request: what it prints and reads goes through WASI's functions.
class Cgi : public ::testing::Test {
 protected:
  Cgi() { guest_.request = std::make_unique<FakeExchange>(); }

  FakeExchange& exchange() { return *guest_.request; }
  void begin() {
    const Step step = cgiAbi().begin(guest_.context());
    EXPECT_EQ(step.kind, Step::Kind::call);
    EXPECT_EQ(step.entry, 0);
  }
  HostResult::Kind print(std::string_view text) { return guest_.write(1, text).kind(); }
  Step returned() { return cgiAbi().returned(guest_.context(), 0, 0); }
  void expectGood(const Step& step) {
    EXPECT_EQ(step.kind, Step::Kind::finish);
    EXPECT_EQ(step.reason, Reason::none) << step.detail;
    EXPECT_TRUE(exchange().finished());
  }
  void expectBad(const Step& step, std::string_view detail) {
    EXPECT_EQ(step.kind, Step::Kind::finish);
    EXPECT_EQ(step.reason, Reason::badResponse);
    EXPECT_THAT(std::string(step.detail), ::testing::HasSubstr(detail));
    EXPECT_FALSE(exchange().finished());
  }

  WasiGuest guest_;
};

TEST_F(Cgi, enters_start_with_the_state_restored) {
  ASSERT_EQ(cgiAbi().entryPoints().size(), 1u);
  const EntryPoint& entry = cgiAbi().entryPoints().front();
  EXPECT_EQ(entry.exportName, "_start");
  EXPECT_EQ(entry.parameters, "");
  EXPECT_EQ(entry.result, 0);
  EXPECT_TRUE(entry.required);
  EXPECT_TRUE(entry.first);
}

TEST_F(Cgi, answers_with_what_the_program_prints) {
  begin();
  print("Status: 201 Created\nContent-");
  print("Type: text/plain\n\nHello ");
  print("world");
  expectGood(returned());
  EXPECT_EQ(exchange().response().status, 201);
  EXPECT_EQ(exchange().responseHeaders(), (HeaderPairs{{"Content-Type", "text/plain"}}));
  EXPECT_EQ(exchange().body(), "Hello world");
}

TEST_F(Cgi, gives_the_request_in_environment_and_input) {
  guest_.settings.environment = {{"GREETING", "hi"}};
  exchange().setRequest("POST", "/x");
  exchange().sendBody("the body");
  begin();
  ASSERT_EQ(guest_.errorOf("environ_sizes_get", {64, 68}), Errno::success);
  ASSERT_EQ(guest_.errorOf("environ_get", {1'024, 8'192}), Errno::success);
  const std::string block = guest_.memory.text(8'192, guest_.at<std::uint32_t>(68));
  EXPECT_NE(block.find(std::string("REQUEST_METHOD=POST\0", 20)), std::string::npos);
  EXPECT_NE(block.find(std::string("GREETING=hi\0", 12)), std::string::npos);
  EXPECT_EQ(guest_.read(0, 100), "the body");
  EXPECT_EQ(guest_.read(0, 100), "");
}

TEST_F(Cgi, waits_for_input_that_has_not_arrived) {
  exchange().expectBody();
  begin();
  EXPECT_EQ(guest_.read(0, 10), std::nullopt);
  EXPECT_EQ(exchange().waits(), kWaitRequestBody);
  exchange().arrive("late");
  EXPECT_EQ(guest_.read(0, 10), "late");
  exchange().endBody();
  EXPECT_EQ(guest_.read(0, 10), "");
}

TEST_F(Cgi, does_not_wait_for_input_if_told_not_to) {
  exchange().expectBody();
  begin();
  ASSERT_EQ(guest_.errorOf("fd_fdstat_set_flags", {0, wasi::kNonblock}), Errno::success);
  EXPECT_EQ(guest_.errorOf("fd_read", {0, guest_.iovecs({{128, 8}}), 1, 64}), Errno::again);
}

TEST_F(Cgi, fills_several_buffers_with_what_is_there) {
  exchange().sendBody("abcdef");
  exchange().limitReads(2);
  begin();
  ASSERT_EQ(guest_.errorOf("fd_read", {0, guest_.iovecs({{128, 3}, {160, 8}}), 2, 64}),
            Errno::success);
  EXPECT_EQ(guest_.result(), 6u);
  EXPECT_EQ(guest_.memory.text(128, 3) + guest_.memory.text(160, 3), "abcdef");
}

TEST_F(Cgi, hands_out_what_was_printed_before_it_waits) {
  exchange().expectBody();
  begin();
  guest_.read(0, 10);
  EXPECT_EQ(exchange().flushes(), 0u);  // nothing is decided before the head is complete
  print("Content-Type: text/event-stream\n\nevent");
  guest_.read(0, 10);
  EXPECT_EQ(exchange().flushes(), 1u);
}

TEST_F(Cgi, waits_for_room_and_goes_on_where_it_stood) {
  begin();
  exchange().limitResponseBuffer(4);
  const std::string head = "Content-Type: a\n\n";
  const std::uint32_t one = guest_.put(head + "ab");
  const std::uint32_t two = guest_.put("cdefghij");
  const std::uint32_t buffers =
      guest_.iovecs({{one, static_cast<std::uint32_t>(head.size() + 2)}, {two, 8}});
  const auto call = [&] { return guest_.call("fd_write", {1, buffers, 2, 64}); };
  EXPECT_EQ(call().kind(), HostResult::Kind::wait);
  EXPECT_EQ(exchange().waits(), kWaitResponseRoom);
  EXPECT_EQ(call().kind(), HostResult::Kind::wait);  // woken for nothing
  EXPECT_EQ(exchange().body(), "abcd");
  exchange().drainResponse(3);
  EXPECT_EQ(call().kind(), HostResult::Kind::wait);
  exchange().drainResponse(100);
  ASSERT_EQ(call().kind(), HostResult::Kind::value);
  EXPECT_EQ(guest_.result(), head.size() + 10);
  EXPECT_EQ(exchange().body(), "abcdefghij");
  exchange().drainResponse(100);
  EXPECT_EQ(print("kl"), HostResult::Kind::value);
  expectGood(returned());
  EXPECT_EQ(exchange().body(), "abcdefghijkl");
}

TEST_F(Cgi, is_complete_after_exit_0) {
  begin();
  print("Status: 204 No Content\n\n");
  guest_.call("proc_exit", {0});
  expectGood(cgiAbi().exited(guest_.context(), 0));
  EXPECT_EQ(exchange().response().status, 204);
}

TEST_F(Cgi, is_refused_after_any_other_exit) {
  begin();
  print("Content-Type: text/plain\n\nhalf an answer");
  guest_.write(2, "going down");
  guest_.call("proc_exit", {3});
  const Step step = cgiAbi().exited(guest_.context(), 3);
  EXPECT_EQ(step.reason, Reason::guestExit);
  EXPECT_FALSE(exchange().finished());
  ASSERT_EQ(guest_.log.lines.size(), 1u);
  EXPECT_EQ(guest_.log.lines[0].text, "going down");
}

TEST_F(Cgi, ends_the_program_where_its_output_goes_wrong) {
  begin();
  print("Content-Type: a\n");
  EXPECT_EQ(print("no colon\n"), HostResult::Kind::stop);
  ASSERT_TRUE(guest_.context().ending());
  expectBad(cgiAbi().exited(guest_.context(), guest_.context().ending()->exitCode), "no colon");
  ASSERT_EQ(guest_.log.lines.size(), 1u);
  EXPECT_THAT(guest_.log.lines[0].text, ::testing::StartsWith("line 2 of the output: "));
}

TEST_F(Cgi, refuses_output_without_headers) {
  begin();
  EXPECT_EQ(print("Hello, world!\n"), HostResult::Kind::stop);
  expectBad(cgiAbi().exited(guest_.context(), 1), "must start with header lines");
}

TEST_F(Cgi, refuses_no_output) {
  begin();
  expectBad(returned(), "printed nothing");
}

TEST_F(Cgi, refuses_half_a_head) {
  begin();
  print("Content-Type: a\n");
  expectBad(returned(), "ends within its header lines");
}

TEST_F(Cgi, holds_the_program_to_the_length_it_announced) {
  begin();
  print("Content-Type: a\nContent-Length: 3\n\nab");
  EXPECT_EQ(print("cd"), HostResult::Kind::stop);
  expectBad(cgiAbi().exited(guest_.context(), 1), "more than the Content-Length");
}

TEST_F(Cgi, refuses_less_than_the_length_announced_but_for_head) {
  begin();
  print("Content-Type: a\nContent-Length: 3\n\nab");
  expectBad(returned(), "less than the Content-Length");
}

TEST_F(Cgi, need_not_print_the_body_of_an_answer_to_head) {
  exchange().setRequest("HEAD", "/");
  begin();
  print("Content-Type: a\nContent-Length: 3\n\n");
  expectGood(returned());
}

TEST_F(Cgi, does_not_send_a_body_where_the_status_allows_none) {
  begin();
  print("Status: 304\n\nunexpected");
  expectGood(returned());
  EXPECT_EQ(exchange().body(), "");
}

TEST_F(Cgi, logs_standard_error_whole_at_the_end) {
  begin();
  guest_.write(2, "no line end");
  EXPECT_TRUE(guest_.log.lines.empty());
  print("Status: 200\n\n");
  expectGood(returned());
  ASSERT_EQ(guest_.log.lines.size(), 1u);
  EXPECT_EQ(guest_.log.lines[0].text, "no line end");
}

}  // namespace
}  // namespace skiff::testing
