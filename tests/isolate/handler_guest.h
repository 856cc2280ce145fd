#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "isolate/abi/http_handler_functions.h"
#include "isolate/abi/http_handler_state.h"
#include "tests/isolate/fake_exchange.h"
#include "tests/isolate/fake_guest.h"

namespace skiff::testing {

/// A handler played by the test: calls functions of `http_handler` by name, as the module would.
class HandlerGuest {
 public:
  static constexpr std::uint32_t kBuffer = 32'768;

  HandlerGuest() {
    settings.log = &log;
    context.setMemory(GuestMemory(memory));
  }

  /// One argument, or a text as its address and length.
  struct Argument {
    Argument(int value) : slot(static_cast<std::uint32_t>(value)) {}
    Argument(unsigned value) : slot(value) {}
    Argument(std::string_view value) : text(value), isText(true) {}
    Argument(const char* value) : Argument(std::string_view(value)) {}
    Argument(const std::string& value) : Argument(std::string_view(value)) {}
    std::uint32_t slot = 0;
    std::string_view text{};
    bool isText = false;
  };

  HostResult call(std::string_view name, std::initializer_list<Argument> arguments) {
    return callIn(context, name, arguments);
  }
  HostResult callIn(HostContext& in, std::string_view name,
                    std::initializer_list<Argument> arguments) {
    const auto functions = httpHandlerModule().functions;
    const auto function = std::find_if(functions.begin(), functions.end(),
                                       [&](const HostFunction& f) { return f.name == name; });
    if (function == functions.end()) throw std::logic_error("no such function");
    std::vector<std::uint32_t> slots;
    std::uint32_t free = 16;
    for (const Argument& argument : arguments) {
      if (!argument.isText) {
        slots.push_back(argument.slot);
        continue;
      }
      memory.put(free, argument.text);
      slots.push_back(free);
      slots.push_back(static_cast<std::uint32_t>(argument.text.size()));
      free += static_cast<std::uint32_t>(argument.text.size());
    }
    if (slots.size() != function->parameters.size()) throw std::logic_error("wrong arguments");
    const HostResult result = function->call(in, slots.data());
    EXPECT_TRUE(result.kind() != HostResult::Kind::wait || function->mayWait) << name;
    return result;
  }

  std::int64_t value(std::string_view name, std::initializer_list<Argument> arguments) {
    const HostResult result = call(name, arguments);
    EXPECT_EQ(result.kind(), HostResult::Kind::value) << name << ": " << trapMessage();
    return result.get();
  }
  void run(std::string_view name, std::initializer_list<Argument> arguments) {
    value(name, arguments);
  }
  bool waits(std::string_view name, std::initializer_list<Argument> arguments) {
    return call(name, arguments).kind() == HostResult::Kind::wait;
  }
  /// The message of the trap that the call ended in, "" if it did not. At most one a guest.
  std::string trap(std::string_view name, std::initializer_list<Argument> arguments) {
    return call(name, arguments).kind() == HostResult::Kind::stop ? trapMessage() : "";
  }

  /// What a `get_*` function without further arguments gives.
  std::string get(std::string_view name) {
    const auto length = static_cast<std::size_t>(value(name, {kBuffer, 1'000}));
    return memory.text(kBuffer, length);
  }
  std::vector<std::string> headerNames(int kind) {
    return listed(value("get_header_names", {kind, kBuffer, 10'000}));
  }
  std::vector<std::string> headerValues(int kind, std::string_view name) {
    return listed(value("get_header_values", {kind, name, kBuffer, 10'000}));
  }
  struct Read {
    std::string bytes;
    bool end;
    bool operator==(const Read&) const = default;
  };
  Read read(int kind, unsigned limit = 1'000) {
    const std::int64_t result = value("read_body", {kind, kBuffer, limit});
    return {memory.text(kBuffer, static_cast<std::uint32_t>(result)), (result >> 32) == 1};
  }

  /// The ABI's step to handle_response, as far as the functions can tell.
  void enterResponsePhase(bool nextFailed = false) {
    auto& state = context.state<http_handler::HandlerState>();
    state.phase = http_handler::Phase::response;
    state.nextFailed = nextFailed;
  }

  std::string trapMessage() const { return context.ending() ? context.ending()->message : ""; }

  VectorMemory memory;
  RecordingLog log;
  ManualEnvironment environment;
  GuestSettings settings;
  FakeExchange exchange;
  HostContext context{settings, environment, &exchange};

 private:
  /// The texts of a `count_len` at kBuffer.
  std::vector<std::string> listed(std::int64_t countAndLength) {
    const std::string bytes = memory.text(kBuffer, static_cast<std::uint32_t>(countAndLength));
    std::vector<std::string> texts;
    for (std::size_t begin = 0; begin < bytes.size();) {
      const std::size_t end = bytes.find('\0', begin);
      texts.push_back(bytes.substr(begin, end - begin));
      begin = end + 1;
    }
    EXPECT_EQ(texts.size(), static_cast<std::size_t>(countAndLength >> 32));
    return texts;
  }
};

}  // namespace skiff::testing
