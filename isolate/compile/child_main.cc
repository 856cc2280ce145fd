// What the daemon's compile children run: an addon of its own, in the same executable with the same
// flags, so that the daemon's engine takes the machine code. Bounds itself, then compiles what
// comes.
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>
#include <v8.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <new>
#include <thread>
#include <vector>

#include "isolate/addon_entry.h"
#include "isolate/compile/compile_protocol.h"
#include "isolate/engine.h"
#include "isolate/task_runner.h"
#include "quota/thread_priority.h"
#include "sandbox/sandbox.h"
#include "sandbox/system_calls.h"

namespace skiff {
namespace {

constexpr std::size_t kHeap = std::size_t{256} << 20;

void setLimit(__rlimit_resource resource, rlim_t value) {
  rlimit limit{};
  ::getrlimit(resource, &limit);
  limit.rlim_cur = std::min(value, limit.rlim_max);
  if (::setrlimit(resource, &limit) != 0) ::_exit(kCompileBadRequest);
}

void setLimitForGood(__rlimit_resource resource, rlim_t value) {
  const rlimit limit{value, value};
  if (::setrlimit(resource, &limit) != 0) ::_exit(kCompileBadRequest);
}

/// Private memory that can be written: what RLIMIT_DATA limits. (RLIMIT_AS would count the address
/// space that the engine reserves.) Fit for a signal handler.
class DataSize {
 public:
  std::uint64_t read() const {
    char text[256];
    const ssize_t size = ::pread(statm_, text, sizeof text, 0);
    std::uint64_t pages = 0;
    int field = 0;
    for (ssize_t i = 0; i < size && field < 6; ++i) {
      if (text[i] < '0' || text[i] > '9') {
        ++field;
      } else if (field == 5) {
        pages = pages * 10 + static_cast<std::uint64_t>(text[i] - '0');
      }
    }
    return pages * pageSize_;
  }

 private:
  const int statm_ = ::open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  const std::uint64_t pageSize_ = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
};

const DataSize* dataSize = nullptr;
/// Where a crash is taken for one of memory. Not every allocation that fails goes by way of the
/// engine's callback or the new handler; some simply trap.
std::uint64_t suspiciousSize = UINT64_MAX;

[[noreturn]] void endOutOfMemory() {
  ::_exit(kCompileOutOfMemory);
}

void onEngineOutOfMemory(const char*, const v8::OOMDetails&) {
  endOutOfMemory();
}

void onCrash(int signal) {
  if (dataSize->read() > suspiciousSize) endOutOfMemory();
  ::signal(signal, SIG_DFL);
  ::raise(signal);
}

/// Ends this process when the daemon's end of the socket is closed. PR_SET_PDEATHSIG would end it
/// with the thread that started it.
void endWithDaemon() {
  std::thread([] {
    pollfd waiting{kCompileDescriptor, POLLRDHUP, 0};
    while (::poll(&waiting, 1, -1) < 0 && errno == EINTR) {
    }
    ::_exit(0);
  }).detach();
}

/// What there is before the first module.
struct Start {
  std::vector<pid_t> threads;  ///< no more are made
  std::uint64_t data = 0;      ///< the engine's own memory
};

/// Gives up what a compiler does not need.
Start settle(Engine& engine) {
  Start start;
  // The first to go if the machine is out of memory.
  std::ofstream("/proc/self/oom_score_adj") << "1000";
  endWithDaemon();
  // The starter, which it comes from, has what the daemon has given up.
  if (const auto dropped = giveUpCapabilities(); dropped.has_error()) {
    std::fprintf(stderr, "skiff: compiling with capabilities: %s\n",
                 dropped.error().message.c_str());
  }
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    start.threads.push_back(static_cast<pid_t>(std::stol(task.path().filename())));
  }
  static const DataSize size;
  dataSize = &size;
  // With the isolate that each module gets.
  v8::Isolate* const isolate = engine.newIsolate(std::make_shared<ForegroundTasks>(), kHeap);
  start.data = size.read();
  engine.dispose(isolate);
  std::set_new_handler(endOutOfMemory);
  for (const int signal : {SIGABRT, SIGBUS, SIGILL, SIGSEGV, SIGTRAP}) ::signal(signal, onCrash);
  v8::V8::SetFatalMemoryErrorCallback(onEngineOutOfMemory);
  setLimitForGood(RLIMIT_CORE, 0);
  setLimitForGood(RLIMIT_FSIZE, 0);
  // No new descriptors: neither sockets nor files. (poll(2) refuses 0.)
  setLimitForGood(RLIMIT_NOFILE, 1);
  // Where there are no filters, it has its limits, and may read and write what its user may.
  if (const auto kept = keepComputingCalls(start.threads); kept.has_error()) {
    std::fprintf(stderr, "skiff: compiling without a filter: %s\n", kept.error().message.c_str());
  }
  return start;
}

bool receive(void* to, std::size_t size) {
  for (std::size_t done = 0; done < size;) {
    const ssize_t count = ::read(kCompileDescriptor, static_cast<char*>(to) + done, size - done);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    done += static_cast<std::size_t>(count);
  }
  return true;
}

bool send(const void* from, std::size_t size) {
  for (std::size_t done = 0; done < size;) {
    const ssize_t count =
        ::write(kCompileDescriptor, static_cast<const char*>(from) + done, size - done);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    done += static_cast<std::size_t>(count);
  }
  return true;
}

bool reply(CompileStatus status, const void* payload, std::size_t size) {
  CompileReplyHead head;
  head.status = status;
  head.payloadSize = size;
  return send(&head, sizeof head) && send(payload, size);
}

bool compile(v8::Isolate* isolate, const CompileRequestHead& request,
             const std::vector<std::uint8_t>& bytes) {
  const v8::Locker locker(isolate);
  const v8::Isolate::Scope isolateScope(isolate);
  const v8::HandleScope handleScope(isolate);
  const v8::Context::Scope contextScope(v8::Context::New(isolate));
  v8::TryCatch tryCatch(isolate);
  v8::Local<v8::WasmModuleObject> module;
  if (!v8::WasmModuleObject::Compile(isolate, {bytes.data(), bytes.size()}).ToLocal(&module)) {
    std::string message = "the engine refused it";
    if (tryCatch.HasCaught()) {
      const v8::String::Utf8Value text(isolate, tryCatch.Exception());
      if (*text) message.assign(*text, std::min<std::size_t>(text.length(), 4'096));
    }
    return reply(CompileStatus::invalid, message.data(), message.size());
  }
  const v8::OwnedBuffer code = module->GetCompiledModule().Serialize();
  if (code.size > request.native) return reply(CompileStatus::tooLarge, nullptr, 0);
  return reply(CompileStatus::compiled, code.buffer.get(), code.size);
}

/// One request; false if there is no further one.
bool serveOne(Engine& engine, const Start& start) {
  CompileRequestHead request;
  if (!receive(&request, sizeof request)) return false;
  if (request.magic != CompileRequestHead::kMagic) ::_exit(kCompileBadRequest);
  setLimit(RLIMIT_DATA, start.data + request.memory);
  suspiciousSize = start.data + request.memory / 2;
  if (request.lowered != 0) {
    for (const pid_t thread : start.threads) lowerPriority(thread);
  }
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  setLimit(RLIMIT_CPU, static_cast<rlim_t>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
                           request.cpuSeconds + 1);

  std::vector<std::uint8_t> bytes(request.moduleSize);
  if (!receive(bytes.data(), bytes.size())) return false;
  v8::Isolate* const isolate = engine.newIsolate(std::make_shared<ForegroundTasks>(), kHeap);
  const bool sent = compile(isolate, request, bytes);
  engine.dispose(isolate);
  return sent;
}

}  // namespace

int addonMain(Engine& engine, const std::vector<std::string>&) {
  const Start start = settle(engine);
  while (serveOne(engine, start)) {
  }
  ::_exit(0);
}

}  // namespace skiff
