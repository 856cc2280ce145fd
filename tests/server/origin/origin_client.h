#pragma once

#include <gtest/gtest.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <memory_resource>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "server/origin/origin_connector.h"

namespace skiff {

/// One call, as whoever forwards a request drives it: reads the body as it comes and writes what it
/// was given as fast as it is taken.
class ClientCall final : public OriginListener {
 public:
  explicit ClientCall(OriginConnector& connector) : call_(connector.open(*this)) {}

  void start(std::string_view method, std::string_view target = "/",
             std::optional<std::uint64_t> bodyLength = 0) {
    inCall_ = true;
    call_->start(method, target, headers, bodyLength);
    inCall_ = false;
  }
  /// Sends all of `bytes`, then ends it.
  void upload(std::string bytes) {
    upload_ = std::move(bytes);
    uploading_ = true;
    pump();
  }
  void drop() { call_.reset(); }

  void onOriginEvent() override {
    EXPECT_FALSE(inCall_) << "an event came from inside a call";
    ++events;
    if (onEvent) onEvent();
    if (call_) pump();
  }

  OriginCall& call() { return *call_; }
  bool hasHead() const { return call_->state() == OriginCall::State::head; }
  bool failed() const { return call_->state() == OriginCall::State::failed; }
  bool done() const { return failed() || ended; }
  bool uploaded() const { return !uploading_; }

  std::pmr::monotonic_buffer_resource memory;
  HeaderList headers{memory};
  std::function<void()> onEvent;
  bool reads = true;  ///< false: leaves the body where it is
  int events = 0;
  std::string body;
  bool ended = false;

  void pump() {
    inCall_ = true;
    if (uploading_) {
      while (sent_ < upload_.size()) {
        const auto rest = std::as_bytes(std::span(upload_).subspan(sent_));
        const std::size_t taken = call_->writeBody(rest);
        if (taken == 0) break;
        sent_ += taken;
      }
      if (sent_ == upload_.size()) {
        call_->finishBody();
        uploading_ = false;
      }
    }
    while (reads && hasHead() && !ended) {
      std::array<std::byte, 8192> buffer{};
      const BodyRead read = call_->readBody(buffer);
      body.append(reinterpret_cast<const char*>(buffer.data()), read.size);
      ended = read.end;
      if (read.size == 0) break;
    }
    inCall_ = false;
  }

 private:
  std::unique_ptr<OriginCall> call_;
  std::string upload_;
  std::size_t sent_ = 0;
  bool uploading_ = false;
  bool inCall_ = false;
};

/// A shard's loop with one connector.
class OriginClient {
 public:
  explicit OriginClient(const std::string& url, OriginOptions options = {})
      : connector_(
            std::make_unique<HttpOriginConnector>(context_, *OriginAddress::parse(url), options)) {}

  HttpOriginConnector& connector() { return *connector_; }
  void closeConnector() { connector_.reset(); }

  /// Runs the loop until `condition` holds; false after ten seconds.
  bool runUntil(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!condition()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      if (context_.stopped()) context_.restart();
      context_.run_one_for(std::chrono::milliseconds(10));
    }
    return true;
  }
  /// Runs what is ready, without waiting.
  void runReady() {
    if (context_.stopped()) context_.restart();
    context_.poll();
  }
  /// Runs `function` in the loop, and then what is ready. The loop looks at its sockets before, and
  /// does what it has found there afterwards.
  void runBetween(std::function<void()> function) {
    boost::asio::post(context_, std::move(function));
    runReady();
  }
  bool run(ClientCall& call) {
    return runUntil([&call] { return call.done() && call.uploaded(); });
  }

 private:
  boost::asio::io_context context_{2};
  std::unique_ptr<HttpOriginConnector> connector_;
};

}  // namespace skiff
