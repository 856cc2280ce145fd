#include "isolate/engine.h"

#include <node.h>
#include <v8.h>

#include <filesystem>
#include <fstream>
#include <mutex>
#include <unordered_map>

#include "isolate/task_runner.h"

namespace skiff {
namespace {

// A guest's objects on the JavaScript heap are few (instances, promises, numbers at the border), so
// the heap is kept small: a young generation that fits the cache, and a ceiling that a guest which
// fills it by tables or exceptions meets soon.
constexpr std::size_t kYoungGeneration = std::size_t{3} << 20;
// Where the first full collection happens: without it V8 lets garbage gather to a large part of the
// ceiling first, in every isolate.
constexpr std::size_t kInitialOldGeneration = std::size_t{4} << 20;

// The base has no virtual destructor; it is never deleted through.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wnon-virtual-dtor"
struct Delegate final : node::IsolatePlatformDelegate {
  explicit Delegate(std::shared_ptr<ForegroundTasks> runner) : tasks(std::move(runner)) {}
  std::shared_ptr<v8::TaskRunner> GetForegroundTaskRunner() override { return tasks; }
  bool IdleTasksEnabled() override { return false; }

  std::shared_ptr<ForegroundTasks> tasks;
};
#pragma GCC diagnostic pop

/// The executable's own arguments: its name, flags, and the boot script.
std::vector<std::string> engineArguments() {
  std::ifstream file("/proc/self/cmdline", std::ios::binary);
  std::vector<std::string> arguments;
  for (std::string argument; std::getline(file, argument, '\0');) {
    arguments.push_back(argument);
    if (arguments.size() > 1 && !argument.starts_with('-')) break;
  }
  return arguments;
}

/// What the processor can do, as the kernel lists it.
std::string processorFeatures() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("flags") || line.starts_with("Features")) return line;
  }
  return {};
}

}  // namespace

struct Engine::Delegates {
  std::mutex mutex;
  std::unordered_map<v8::Isolate*, std::unique_ptr<Delegate>> byIsolate;
  std::unique_ptr<v8::ArrayBuffer::Allocator> allocator{
      v8::ArrayBuffer::Allocator::NewDefaultAllocator()};
};

Engine::Engine(v8::Isolate* mainIsolate)
    : platform_(node::GetMultiIsolatePlatform(
          node::GetCurrentEnvironment(mainIsolate->GetCurrentContext()))),
      delegates_(std::make_unique<Delegates>()) {}

Engine::~Engine() = default;

std::string Engine::version() {
  return v8::V8::GetVersion();
}

std::vector<std::string> Engine::commandOf(std::string_view addon) {
  std::vector<std::string> command = engineArguments();
  const std::string boot = command.back();
  command.front() = "/proc/self/exe";
  command.push_back(std::filesystem::path(boot).replace_filename(addon));
  return command;
}

std::filesystem::path Engine::library() {
  return std::filesystem::path(engineArguments().back()).parent_path();
}

std::string Engine::codeIdentity() {
  std::vector<std::string> arguments = engineArguments();
  std::string identity = version();
  for (std::size_t i = 1; i + 1 < arguments.size(); ++i) identity += ' ' + arguments[i];
  return identity + ' ' + processorFeatures();
}

v8::Isolate* Engine::newIsolate(std::shared_ptr<ForegroundTasks> tasks, std::size_t heap) {
  auto delegate = std::make_unique<Delegate>(std::move(tasks));
  v8::Isolate* const isolate = v8::Isolate::Allocate();
  platform_->RegisterIsolate(isolate, delegate.get());
  {
    const std::lock_guard lock(delegates_->mutex);
    delegates_->byIsolate.emplace(isolate, std::move(delegate));
  }
  v8::Isolate::CreateParams parameters;
  parameters.array_buffer_allocator = delegates_->allocator.get();
  parameters.constraints.set_max_young_generation_size_in_bytes(kYoungGeneration);
  parameters.constraints.set_max_old_generation_size_in_bytes(heap);
  parameters.constraints.set_initial_old_generation_size_in_bytes(kInitialOldGeneration);
  v8::Isolate::Initialize(isolate, parameters);
  live_.fetch_add(1, std::memory_order_relaxed);
  return isolate;
}

void Engine::dispose(v8::Isolate* isolate) {
  std::unique_ptr<Delegate> delegate;
  {
    const std::lock_guard lock(delegates_->mutex);
    const auto found = delegates_->byIsolate.find(isolate);
    delegate = std::move(found->second);
    delegates_->byIsolate.erase(found);
  }
  delegate->tasks->close();
  platform_->DisposeIsolate(isolate);
  live_.fetch_sub(1, std::memory_order_relaxed);
}

void Engine::forgetThread() {
  const std::lock_guard lock(delegates_->mutex);
  for (const auto& [isolate, delegate] : delegates_->byIsolate) {
    isolate->DiscardThreadSpecificMetadata();
  }
}

}  // namespace skiff
