#pragma once

#include <filesystem>
#include <initializer_list>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "isolate/abi/wasi.h"
#include "isolate/files/wasi_types.h"
#include "isolate/host_context.h"
#include "tests/isolate/fake_exchange.h"
#include "tests/isolate/fake_guest.h"
#include "tests/temporary_directory.h"

namespace skiff::testing {

/// Plays a program that calls WASI: host functions by name, memory that the test looks into.
/// Settings may be changed until the first call.
class WasiGuest {
 public:
  static constexpr std::uint32_t kResult = 64;  ///< where results go

  WasiGuest() {
    settings.tenant = "acme";
    settings.app = "hello";
    settings.log = &log;
  }

  void grant(const std::filesystem::path& host, std::string guest, bool write) {
    settings.directories.push_back({host, std::move(guest), write});
  }

  HostContext& context() {
    if (!context_) {
      context_ = std::make_unique<HostContext>(settings, environment, exchange());
      context_->setMemory(GuestMemory(memory));
      context_->setFileIo(fileIo);
    }
    return *context_;
  }
  /// Ends the request, as the server would.
  void end() { context_.reset(); }

  HostResult call(std::string_view name, std::initializer_list<std::uint64_t> arguments) {
    for (const HostFunction& function : wasiModule().functions) {
      if (function.name != name) continue;
      std::array<std::uint32_t, HostFunction::kMaxSlots> slots{};
      std::size_t slot = 0;
      auto letter = function.parameters.begin();
      for (const std::uint64_t argument : arguments) {
        slots.at(slot++) = static_cast<std::uint32_t>(argument);
        if (letter != function.parameters.end() && *letter++ == 'I') {
          slots.at(slot++) = static_cast<std::uint32_t>(argument >> 32);
        }
      }
      return function.call(context(), slots.data());
    }
    throw std::logic_error("no such function: " + std::string(name));
  }
  wasi::Errno errorOf(std::string_view name, std::initializer_list<std::uint64_t> arguments) {
    return static_cast<wasi::Errno>(call(name, arguments).get());
  }

  /// Copies text to a fresh place in memory; its address.
  std::uint32_t put(std::string_view text) {
    const std::uint32_t address = next_;
    memory.put(address, text);
    next_ += (static_cast<std::uint32_t>(text.size()) + 15) & ~7U;
    return address;
  }
  template <class T>
  T at(std::uint32_t address) {
    return context().memory().load<T>(address).value();
  }
  std::uint32_t result() { return at<std::uint32_t>(kResult); }

  /// An array of one iovec per part.
  std::uint32_t iovecs(std::initializer_list<std::pair<std::uint32_t, std::uint32_t>> parts) {
    std::string bytes;
    for (const auto& [address, size] : parts) {
      bytes.append(reinterpret_cast<const char*>(&address), sizeof address);
      bytes.append(reinterpret_cast<const char*>(&size), sizeof size);
    }
    return put(bytes);
  }

  HostResult write(std::uint32_t descriptor, std::string_view text) {
    const std::uint32_t address = put(text);
    return call(
        "fd_write",
        {descriptor, iovecs({{address, static_cast<std::uint32_t>(text.size())}}), 1, kResult});
  }
  /// What fd_read gives, or nothing if it would wait.
  std::optional<std::string> read(std::uint32_t descriptor, std::uint32_t size) {
    const std::uint32_t address = put(std::string(size, '\0'));
    const HostResult called = call("fd_read", {descriptor, iovecs({{address, size}}), 1, kResult});
    if (called.kind() != HostResult::Kind::value || called.get() != 0) return std::nullopt;
    return memory.text(address, result());
  }

  struct OpenOptions {
    std::uint32_t directory = 3;
    std::uint32_t lookup = 0;
    std::uint32_t flags = 0;
    wasi::Rights rights =
        wasi::kFdRead | wasi::kFdSeek | wasi::kFdTell | wasi::kFdFilestatGet | wasi::kFdReaddir;
    wasi::Rights inheriting = ~wasi::Rights{0};
    std::uint32_t fdFlags = 0;
  };
  wasi::Errno open(std::string_view path, const OpenOptions& options) {
    return errorOf("path_open",
                   {options.directory, options.lookup, put(path), path.size(), options.flags,
                    options.rights, options.inheriting, options.fdFlags, kResult});
  }
  wasi::Errno open(std::string_view path) { return open(path, OpenOptions{}); }

  GuestSettings settings;
  RecordingLog log;
  ManualEnvironment environment;
  VectorMemory memory{4 << 20, 8 << 20};
  /// Set before the first call, if calls on files are not to block. Then there is to be a request.
  wasi::FileIo* fileIo = nullptr;
  /// Set before the first call, if there is to be a request.
  std::unique_ptr<FakeExchange> request;

 private:
  Exchange* exchange() { return request.get(); }

  std::unique_ptr<HostContext> context_;
  std::uint32_t next_ = 4096;
};

/// GoogleTest prints an Errno as its number.
inline void PrintTo(wasi::Errno error, std::ostream* out) {
  *out << "errno " << static_cast<int>(error);
}

}  // namespace skiff::testing
