#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "isolate/abi/line_log.h"
#include "isolate/abi/string_block.h"
#include "isolate/abi/wasi_descriptor.h"
#include "isolate/abi/wasi_process.h"
#include "isolate/files/memory_file_system.h"
#include "isolate/files/wasi_types.h"
#include "isolate/host_context.h"

namespace skiff::wasi {

struct FileCall;

/// What `wasi_snapshot_preview1` keeps for one request: the table of descriptors, and what a call
/// that waits has done so far. Descriptors 0, 1 and 2 are the standard streams; the granted
/// directories follow from 3 in the order of the settings.
class WasiState final : public HostState {
 public:
  static constexpr HostStateSlot kSlot = HostStateSlot::wasi;
  /// Descriptors open at once.
  static constexpr std::uint32_t kMaxDescriptors = 256;
  /// Bytes that one call moves at most to or from a file: a call is not interrupted.
  static constexpr std::size_t kMaxTransfer = 1 << 20;
  /// Size of transferBuffer().
  static constexpr std::size_t kTransferBuffer = 64 << 10;

  explicit WasiState(HostContext& context);
  ~WasiState() override;

  /// Connects the standard streams and the environment. REQUIRES: it lives as long as guest code
  /// runs, and the guest has not run yet.
  void connect(WasiProcess& process) { process_ = &process; }
  /// nullptr if nothing was connected.
  WasiProcess* process() { return process_; }
  FileType typeOf(const Descriptor& descriptor) const {
    if (!process_ || !descriptor.isStream()) return descriptor.type();
    return process_->streamType(static_cast<std::uint32_t>(descriptor.kind));
  }
  LineLog& outputLog() { return outputLog_; }
  LineLog& errorLog() { return errorLog_; }
  /// Logs what has no line end yet.
  void flushLogs();

  /// For calls that may block; nullptr if they may.
  FileIo* fileIo() { return context_.fileIo(); }
  /// A call that is being done elsewhere, for which the guest waits.
  std::shared_ptr<FileCall> fileCall;
  /// Takes it if it is finished; else nullptr: what woke the guest was something else.
  std::shared_ptr<FileCall> takeFileCall();

  /// The descriptor of that number, or nullptr. The pointer holds until the next insert().
  Descriptor* find(std::uint32_t number);
  /// Takes the lowest free number from 3 on; nothing if kMaxDescriptors are open.
  std::optional<std::uint32_t> insert(Descriptor descriptor);
  bool hasRoom() const;
  bool close(std::uint32_t number);
  /// `from` becomes `to`, whose old descriptor is closed; false if one of them is not open.
  bool renumber(std::uint32_t from, std::uint32_t to);

  bool outlastsInitialisation() override;
  void onRequest() override;

  /// A descriptor, or why it cannot be used.
  struct Found {
    Descriptor* descriptor = nullptr;
    Errno error = Errno::success;
  };
  /// The directory of that number; `notcapable` if it lacks one of the rights `needed`.
  Found directory(std::uint32_t number, Rights needed);
  /// The file or directory of that number, likewise; standard streams are refused with `spipe`.
  Found file(std::uint32_t number, Rights needed);

  /// Whose calls on files they are: all apps of the tenant.
  FileIo::Owner fileOwner() const;
  /// A descriptor's rights or flags were changed.
  void noteChange() { changed_ = true; }

  /// Makes a preopened directory's file. REQUIRES: `descriptor` is of this table.
  void ensureFile(Descriptor& descriptor);

  const StringBlock& arguments();
  const StringBlock& environment();

  /// A buffer between guest memory and system calls.
  std::span<std::byte> transferBuffer();

  /// Suspends the guest until one of `what` (WaitFor) may have come about; the host function
  /// returns what this returns and is called again. REQUIRES: context.canWait().
  HostResult wait(std::uint8_t what, std::chrono::steady_clock::time_point until = {});

  /// A call on a file begins that is not in memory: counts it, or has the guest wait until its app
  /// may read and write again, and the call is to be made anew then.
  std::optional<HostResult> paceIo();
  /// It has read or written so many bytes.
  void countIo(std::size_t bytes);

  /// What the waiting call did before it waited: for fd_write and fd_read the bytes that went, for
  /// poll_oneoff when it began. Set by the call that waits, cleared by the same call when it
  /// answers.
  struct Progress {
    std::size_t written = 0;
    std::chrono::nanoseconds began{};
  };
  std::optional<Progress> progress;
  /// A non-blocking write to standard output found no room since poll_oneoff last waited for it.
  bool outputFull = false;

 private:
  /// "/tmp" counts as the guest's own memory.
  class TemporaryBudget final : public MemoryBudget {
   public:
    explicit TemporaryBudget(HostContext& context) : context_(context) {}
    bool take(std::size_t bytes) override { return context_.takeMemory(bytes); }
    void giveBack(std::size_t bytes) override { context_.giveBackMemory(bytes); }

   private:
    HostContext& context_;
  };

  /// Lets go of a file, on a thread for file I/O if that may take long.
  void retire(std::shared_ptr<File> file);

  HostContext& context_;
  WasiProcess* process_ = nullptr;
  LineLog outputLog_;
  LineLog errorLog_;
  std::size_t given_ = 0;  ///< descriptors that the program began with
  bool changed_ = false;   ///< rights, flags or numbers of descriptors
  // Before the descriptors, whose files are in it.
  TemporaryBudget temporaryBudget_;
  std::optional<MemoryFileSystem> temporary_;
  std::vector<std::optional<Descriptor>> descriptors_;
  std::optional<StringBlock> arguments_;
  std::optional<StringBlock> environment_;
  std::unique_ptr<std::byte[]> transferBuffer_;
};

}  // namespace skiff::wasi
