// Whatever a guest passes to a host function, nothing outside its memory is read or written, and
// nothing outside its directories. The input is a program: it puts bytes into memory and calls host
// functions of every import namespace, one after another, as one request's guest.

#include <sys/resource.h>
#include <sys/stat.h>

#include <array>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "isolate/abi/entry_abi.h"
#include "isolate/abi/http_handler_state.h"
#include "tests/fuzz/guarded_memory.h"
#include "tests/isolate/fake_exchange.h"
#include "tests/isolate/fake_guest.h"
#include "tests/temporary_directory.h"

namespace {

using namespace skiff;
using namespace skiff::testing;

void require(bool holds) {
  if (!holds) std::abort();
}

/// Where a guest finds what makes calls get somewhere: texts, arrays of buffers, subscriptions.
constexpr std::uint32_t kTexts = 1'024;
constexpr std::uint32_t kTextStride = 64;
constexpr std::uint32_t kIovecs = 8'192;
constexpr std::uint32_t kSubscriptions = 12'288;
constexpr std::uint32_t kBuffers = 16'384;
constexpr std::array<std::string_view, 28> kWords = {
    "file",  "dir",    "dir/file", "link", "out",         "loop",       "..",
    "../x",  "new",    "new/",     ".",    "dir/../file", "/etc/hosts", "dir/new",
    "Host",  "Cookie", "x-new",    "GET",  "/path?query", "text/plain", "Content-Length",
    "\r\nx", "fifo",   "dir/",     "",     "Set-Cookie",  "dangling",   "out/secret"};

class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : rest_(data, size) {}
  bool empty() const { return rest_.empty(); }
  std::uint8_t byte() {
    if (rest_.empty()) return 0;
    const std::uint8_t first = rest_.front();
    rest_ = rest_.subspan(1);
    return first;
  }
  std::uint32_t word() {
    std::uint32_t value = 0;
    for (int i = 0; i < 4; ++i) value = value << 8 | byte();
    return value;
  }
  std::span<const std::uint8_t> take(std::size_t size) {
    const auto taken = rest_.first(std::min(size, rest_.size()));
    rest_ = rest_.subspan(taken.size());
    return taken;
  }

 private:
  std::span<const std::uint8_t> rest_;
};

/// Takes everything and keeps nothing.
class NoLog final : public GuestLog {
 public:
  void write(LogLevel, std::string_view, std::string_view text) override {
    require(text.size() < (16 << 20));
  }
  bool enabled(LogLevel) const override { return true; }
};

/// A directory granted with write, and the same without; a secret lies beside it.
class Tree {
 public:
  Tree() {
    namespace fs = std::filesystem;
    fs::create_directories(inside() / "dir");
    directory_.write("secret", "secret");
    directory_.write("inside/file", "content");
    directory_.write("inside/dir/file", "deeper content");
    fs::create_symlink("file", inside() / "link");
    fs::create_symlink("..", inside() / "out");
    fs::create_symlink("loop", inside() / "loop");
    fs::create_symlink("../planted", inside() / "dangling");
    require(::mkfifo((inside() / "fifo").c_str(), 0600) == 0);
  }
  ~Tree() {
    require(directory_.read("secret") == "secret");
    struct stat secret {};
    require(::stat((directory_.path() / "secret").c_str(), &secret) == 0 && secret.st_nlink == 1);
    std::size_t names = 0;
    for (const auto& entry : std::filesystem::directory_iterator(directory_.path())) {
      static_cast<void>(entry);
      ++names;
    }
    require(names == 2);
  }
  std::filesystem::path inside() const { return directory_.path() / "inside"; }

 private:
  TemporaryDirectory directory_;
};

class Guest {
 public:
  explicit Guest(std::uint8_t setup) {
    settings_.tenant = "tenant";
    settings_.app = "app";
    settings_.arguments = {"app", "argument"};
    settings_.environment = {{"NAME", "value"}};
    settings_.directories = {{tree_.inside(), "/data", true}, {tree_.inside(), "/shown", false}};
    settings_.config = "configuration";
    settings_.log = &log_;
    exchange_.addRequestHeader("Cookie", "a=b");
    exchange_.setRequest("POST", "/path?query");
    exchange_.limitResponseBuffer(2'000);
    exchange_.expectBody();
    exchange_.arrive("some of the body");
    prepareMemory();
    if (setup & 1) {
      require(cgiAbi().begin(context_).kind == Step::Kind::call);
    } else if (setup & 2) {
      exchange_.answerNext(200, {{"X-Origin", "yes"}}, "the origin's body");
      NextRequest next;
      next.bufferResponse = (setup & 4) != 0;
      exchange_.startNext(std::move(next));
      context_.state<http_handler::HandlerState>().phase = http_handler::Phase::response;
    }
    context_.setFeatures(setup >> 3 & http_handler::kSupportedFeatures);
  }

  /// One step of the program; false if the guest has ended.
  bool step(Input& input) {
    const std::uint8_t what = input.byte();
    if (what >= 0xf0) return write(input, what);
    std::vector<const HostFunction*> functions;
    for (const HostModule& module : hostModules()) {
      for (const HostFunction& function : module.functions) functions.push_back(&function);
    }
    return call(*functions[what % functions.size()], input);
  }

 private:
  void put(std::uint32_t address, std::string_view text) {
    std::memcpy(memory_.currentMemory().data() + address, text.data(), text.size());
  }
  void put(std::uint32_t address, std::uint32_t value) {
    std::memcpy(memory_.currentMemory().data() + address, &value, sizeof value);
  }
  void prepareMemory() {
    for (std::uint32_t i = 0; i < kWords.size(); ++i) put(kTexts + i * kTextStride, kWords[i]);
    for (std::uint32_t i = 0; i < 16; ++i) {
      put(kIovecs + i * 8, kBuffers + i * 1'000);
      put(kIovecs + i * 8 + 4, i * 100);
      const std::uint32_t subscription = kSubscriptions + i * 48;
      put(subscription + 8, i % 3);
      put(subscription + 16, i / 3);
      put(subscription + 24, i * 1'000'000);
      put(subscription + 40, i & 1);
    }
    context_.setMemory(GuestMemory(memory_));
  }

  /// Bytes into memory, or more memory.
  bool write(Input& input, std::uint8_t what) {
    const std::size_t size = memory_.currentMemory().size();
    if (what == 0xff && size < 4 * GuardedMemory::kPage) memory_.grow(1);
    const std::uint32_t address = slot(input);
    const auto bytes = input.take(input.byte());
    if (address < size && bytes.size() <= size - address) {
      std::memcpy(memory_.currentMemory().data() + address, bytes.data(), bytes.size());
    }
    return true;
  }

  /// A parameter: a small number, the address of something prepared, one around a border, or any.
  std::uint32_t slot(Input& input) {
    const std::uint8_t kind = input.byte();
    const auto size = static_cast<std::uint32_t>(memory_.currentMemory().size());
    const std::array<std::uint32_t, 24> borders = {
        size,       size - 1,   size - 2,   size - 3,   size - 4,      size - 7,
        size - 8,   size - 24,  size - 47,  size - 48,  size - 64,     size + 1,
        0x7fffffff, 0x80000000, 0x80000001, 0xffffffff, 0xfffffffe,    0xfffffff0,
        0xffff0000, 0x20000000, 0x05555556, 1 << 20,    (1 << 20) + 1, 4'096};
    switch (kind >> 5) {
      case 0:
      case 1:
        return kind;
      case 2:
      case 3:
        return kTexts + (kind & 0x3fU) % kWords.size() * kTextStride;
      case 4:
        return kIovecs + (kind & 0x1fU) * 8;
      case 5:
        return borders[(kind & 0x1fU) % borders.size()];
      case 6:
        return kind & 0x10 ? kBuffers + (kind & 0xfU) * 1'000 : kSubscriptions + (kind & 0xfU) * 48;
      default:
        return input.word();
    }
  }

  bool call(const HostFunction& function, Input& input) {
    std::array<std::uint32_t, HostFunction::kMaxSlots> slots{};
    std::size_t count = 0;
    for (const char letter : function.parameters) {
      slots.at(count++) = slot(input);
      // Most 64-bit parameters are small.
      if (letter == 'I') slots.at(count++) = input.byte() < 0xe0 ? 0 : slot(input);
    }
    for (int attempt = 0; attempt < 4; ++attempt) {
      const HostResult result = function.call(context_, slots.data());
      switch (result.kind()) {
        case HostResult::Kind::value:
          checkValue(function, result.get());
          return true;
        case HostResult::Kind::stop:
          require(context_.ending().has_value());
          return false;
        case HostResult::Kind::wait:
          require(function.mayWait && exchange_.waits() != kWaitNothing);
          let(input.byte());
      }
    }
    return false;  // cancelled while it waits
  }

  static void checkValue(const HostFunction& function, std::int64_t value) {
    if (function.result == 'i') require(value >= INT32_MIN && value <= UINT32_MAX);
    if (function.result == 'I') require(value >= 0 && value < std::int64_t{1} << 53);
  }

  /// What a waiting guest may have waited for comes about, or something else.
  void let(std::uint8_t happen) {
    environment_.monotonic += std::chrono::hours(happen & 1);
    if (happen & 2) exchange_.drainResponse(1'000);
    if (happen & 4 && !ended_) exchange_.arrive("more of it");
    if (happen & 8 && !ended_) {
      exchange_.endBody();
      ended_ = true;
    }
  }

  Tree tree_;
  NoLog log_;
  GuestSettings settings_;
  ManualEnvironment environment_;
  FakeExchange exchange_;
  GuardedMemory memory_{2};
  HostContext context_{settings_, environment_, &exchange_};
  bool ended_ = false;
};

/// No file becomes large, whatever size is asked for.
void boundFiles() {
  static const bool once = [] {
    const rlimit limit{16 << 20, 16 << 20};
    std::signal(SIGXFSZ, SIG_IGN);
    return ::setrlimit(RLIMIT_FSIZE, &limit) == 0;
  }();
  require(once);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  boundFiles();
  Input input(data, size);
  Guest guest(input.byte());
  for (int steps = 0; steps < 200 && !input.empty(); ++steps) {
    if (!guest.step(input)) break;
  }
  return 0;
}
