#include "isolate/abi/wasi_state.h"

#include <algorithm>
#include <string>
#include <utility>

#include "isolate/abi/wasi_file_call.h"
#include "isolate/files/host_file.h"
#include "quota/quotas.h"

namespace skiff::wasi {
namespace {

constexpr std::uint32_t kFirstNumber = 3;

std::string requestIdOf(HostContext& context) {
  return context.exchange() ? std::string(context.exchange()->requestId()) : std::string();
}

Descriptor stream(Descriptor::Kind kind, Rights rights) {
  Descriptor descriptor;
  descriptor.kind = kind;
  descriptor.rights = rights;
  return descriptor;
}

const std::string kTemporary = "/tmp";

Descriptor preopened(const std::string& name, bool write) {
  const Rights allowed = write ? ~Rights{0} : ~kModifyingRights;
  Descriptor descriptor;
  descriptor.kind = Descriptor::Kind::directory;
  descriptor.rights = kDirectoryRights & allowed;
  descriptor.inheriting = (kDirectoryRights | kFileRights) & allowed;
  descriptor.preopen = &name;
  return descriptor;
}

bool holdsNul(std::string_view text) {
  return text.find('\0') != std::string_view::npos;
}

}  // namespace

WasiState::WasiState(HostContext& context)
    : context_(context),
      outputLog_(context.settings().log, LogLevel::info, requestIdOf(context)),
      errorLog_(context.settings().log, LogLevel::warn, requestIdOf(context)),
      temporaryBudget_(context) {
  const auto& grants = context.settings().directories;
  descriptors_.reserve(kFirstNumber + grants.size() + 1);
  descriptors_.emplace_back(stream(Descriptor::Kind::input, kInputRights));
  descriptors_.emplace_back(stream(Descriptor::Kind::output, kOutputRights));
  descriptors_.emplace_back(stream(Descriptor::Kind::errorOutput, kOutputRights));
  for (const DirectoryGrant& grant : grants) {
    descriptors_.emplace_back(preopened(grant.guest, grant.write))->host = &grant.host;
  }
  if (context.settings().temporary) descriptors_.emplace_back(preopened(kTemporary, true));
  given_ = descriptors_.size();
}

WasiState::~WasiState() {
  if (fileCall) {  // if it has begun it goes on, and nobody waits for it
    fileCall->exchange = nullptr;
    fileCall->abandoned.store(true, std::memory_order_relaxed);
  }
  for (auto& descriptor : descriptors_) {
    if (descriptor) retire(std::move(descriptor->file));
  }
  // A guest that trapped or was ended leaves its last words here.
  flushLogs();
}

std::shared_ptr<FileCall> WasiState::takeFileCall() {
  if (!fileCall->finished) return nullptr;
  return std::exchange(fileCall, nullptr);
}

void WasiState::flushLogs() {
  outputLog_.flush();
  errorLog_.flush();
}

Descriptor* WasiState::find(std::uint32_t number) {
  if (number >= descriptors_.size() || !descriptors_[number]) return nullptr;
  return &*descriptors_[number];
}

bool WasiState::hasRoom() const {
  if (descriptors_.size() < kMaxDescriptors) return true;
  return std::any_of(descriptors_.begin() + kFirstNumber, descriptors_.end(),
                     [](const auto& descriptor) { return !descriptor; });
}

std::optional<std::uint32_t> WasiState::insert(Descriptor descriptor) {
  // Not 0 to 2: a file must not become a standard stream because the program closed that one.
  for (std::uint32_t number = kFirstNumber; number < descriptors_.size(); ++number) {
    if (descriptors_[number]) continue;
    descriptors_[number] = std::move(descriptor);
    return number;
  }
  if (descriptors_.size() >= kMaxDescriptors) return std::nullopt;
  descriptors_.emplace_back(std::move(descriptor));
  return static_cast<std::uint32_t>(descriptors_.size() - 1);
}

bool WasiState::close(std::uint32_t number) {
  if (!find(number)) return false;
  retire(std::move(descriptors_[number]->file));
  descriptors_[number].reset();
  return true;
}

void WasiState::retire(std::shared_ptr<File> file) {
  FileIo* const io = context_.fileIo();
  if (!io || !file || !file->slowToClose()) return;
  io->submit(
      fileOwner(), [file = std::move(file)]() mutable { file.reset(); }, [] {});
}

FileIo::Owner WasiState::fileOwner() const {
  const GuestSettings& settings = context_.settings();
  return settings.openFiles ? static_cast<FileIo::Owner>(settings.openFiles) : &settings;
}

bool WasiState::renumber(std::uint32_t from, std::uint32_t to) {
  if (!find(from) || !find(to)) return false;
  if (from == to) return true;
  changed_ = true;
  retire(std::move(descriptors_[to]->file));
  descriptors_[to] = std::move(*descriptors_[from]);
  descriptors_[from].reset();
  return true;
}

void WasiState::ensureFile(Descriptor& descriptor) {
  if (descriptor.file || descriptor.isStream()) return;
  if (descriptor.host) {
    descriptor.file = hostDirectory(*descriptor.host, context_.settings().openFiles);
  } else {
    temporary_.emplace(temporaryBudget_, [&clock = context_.clock()] {
      return static_cast<std::uint64_t>(clock.realTime().count());
    });
    descriptor.file = temporary_->root();
  }
}

bool WasiState::outlastsInitialisation() {
  if (changed_ || context_.holdsMemory()) return true;
  for (std::size_t number = 0; number < descriptors_.size(); ++number) {
    if (descriptors_[number].has_value() != (number < given_)) return true;
  }
  return false;
}

void WasiState::onRequest() {
  outputLog_.setRequestId(requestIdOf(context_));
  errorLog_.setRequestId(requestIdOf(context_));
}

WasiState::Found WasiState::directory(std::uint32_t number, Rights needed) {
  Descriptor* descriptor = find(number);
  if (!descriptor) return {nullptr, Errno::badf};
  if (!descriptor->isDirectory()) return {nullptr, Errno::notdir};
  if ((descriptor->rights & needed) != needed) return {nullptr, Errno::notcapable};
  ensureFile(*descriptor);
  return {descriptor, Errno::success};
}

WasiState::Found WasiState::file(std::uint32_t number, Rights needed) {
  Descriptor* descriptor = find(number);
  if (!descriptor) return {nullptr, Errno::badf};
  if (descriptor->isStream()) return {nullptr, Errno::spipe};
  if ((descriptor->rights & needed) != needed) return {nullptr, Errno::notcapable};
  ensureFile(*descriptor);
  return {descriptor, Errno::success};
}

const StringBlock& WasiState::arguments() {
  if (!arguments_) {
    arguments_.emplace();
    for (const std::string& argument : context_.settings().arguments) {
      if (!holdsNul(argument)) arguments_->add(argument);
    }
  }
  return *arguments_;
}

const StringBlock& WasiState::environment() {
  if (environment_) return *environment_;
  if (process_) {
    environment_ = process_->makeEnvironment();
  } else {
    environment_.emplace();
    for (const auto& [name, value] : context_.settings().environment) {
      if (!holdsNul(name) && !holdsNul(value)) environment_->add(name, value);
    }
  }
  return *environment_;
}

std::span<std::byte> WasiState::transferBuffer() {
  // Not cleared: that would cost more than the calls it serves.
  if (!transferBuffer_)
    transferBuffer_ = std::make_unique_for_overwrite<std::byte[]>(kTransferBuffer);
  return {transferBuffer_.get(), kTransferBuffer};
}

HostResult WasiState::wait(std::uint8_t what, std::chrono::steady_clock::time_point until) {
  if (process_) process_->flushOutput();
  if (Exchange* exchange = context_.exchange()) {
    exchange->waitFor(what, until);
  } else if (BlockingWait* blocking = context_.blockingWait()) {
    blocking->block(what, until);
  }
  return HostResult::wait();
}

std::optional<HostResult> WasiState::paceIo() {
  AppQuota* const quota = context_.settings().quota.get();
  if (!quota) return std::nullopt;
  const std::chrono::nanoseconds pause = quota->ioWait();
  if (pause.count() != 0 && context_.canWait()) {
    return wait(kWaitTime, std::chrono::steady_clock::now() + pause);
  }
  quota->chargeIo(0, 1);
  return std::nullopt;
}

void WasiState::countIo(std::size_t bytes) {
  if (AppQuota* const quota = context_.settings().quota.get()) quota->chargeIo(bytes, 0);
}

HostResult suspendForFile(HostContext& context, FileWork work) {
  WasiState& state = context.state<WasiState>();
  const auto call = std::make_shared<FileCall>();
  call->work = std::move(work);
  call->exchange = context.exchange();
  state.fileCall = call;
  state.fileIo()->submit(
      state.fileOwner(),
      [call] {
        if (!call->abandoned.load(std::memory_order_relaxed)) {
          call->outcome = call->work(Patience::blocking);
        }
        // What it held goes here, and not on the shard.
        call->work = nullptr;
        if (call->abandoned.load(std::memory_order_relaxed)) call->outcome = {};
      },
      [call] {
        call->finished = true;
        if (call->exchange) call->exchange->signal(kWaitFile);
      });
  return state.wait(kWaitFile);
}

}  // namespace skiff::wasi
