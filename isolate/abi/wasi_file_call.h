#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "isolate/abi/wasi_errno.h"
#include "isolate/abi/wasi_state.h"
#include "isolate/files/file.h"

/// Calls on files that may wait for a disk or a network. Such a call is tried first as far as
/// memory can answer; if it cannot, the guest is suspended, the call is done on a thread for file
/// I/O, and the guest goes on with what came of it. That thread never touches the guest's memory.
namespace skiff::wasi {

/// What a call gave: `error`, and what the call is made for.
struct FileOutcome {
  Errno error = Errno::success;
  std::shared_ptr<File> file;
  FileStat stat;
  std::string text;  ///< a link's target, a directory's entries, bytes read
  std::size_t size = 0;

  FileOutcome() = default;
  FileOutcome(Errno failed) : error(failed) {}
  FileOutcome(FileResult<FileStat> result) {
    if (result.has_error())
      error = result.error();
    else
      stat = *result;
  }
  FileOutcome(FileResult<std::string> result) {
    if (result.has_error())
      error = result.error();
    else
      text = std::move(*result);
  }
  FileOutcome(FileResult<std::shared_ptr<File>> result) {
    if (result.has_error())
      error = result.error();
    else
      file = std::move(*result);
  }
};

/// Owns all that it needs, and runs on any thread. With Patience::cached it may answer kWouldBlock,
/// having done nothing.
using FileWork = std::function<FileOutcome(Patience)>;

/// A call on its way: shared by the request and the thread that does it.
struct FileCall {
  FileWork work;
  FileOutcome outcome;
  /// The request is gone: what has not begun need not be done.
  std::atomic<bool> abandoned{false};
  // Of the shard's thread alone.
  bool finished = false;
  Exchange* exchange = nullptr;  ///< nullptr once the request is gone
};

/// What a call asks of a disk.
enum class Effort : std::uint8_t {
  none,     ///< often nothing: what memory cannot answer
  reading,  ///< too much for memory to answer
  writing,
};

/// What is to be done, or why nothing is.
struct FileTask {
  FileTask(Errno refused) : error(refused) {}
  FileTask(const File& file, Effort needed, FileWork doing)
      : effort(file.immediate() ? Effort::none : needed),
        paced(!file.immediate()),
        work(std::move(doing)) {}

  Errno error = Errno::success;
  Effort effort = Effort::none;
  bool paced = false;  ///< counts in what the app may read and write
  FileWork work;
};

/// Hands `work` to file I/O and suspends the guest.
HostResult suspendForFile(HostContext& context, FileWork work);

/// A host function's call on a file: `prepare` checks the arguments and says what is to be done (a
/// FileTask), and has no effect of its own; `finish` takes the outcome of work that succeeded and
/// answers an Errno. Either may run after a wait.
template <class Prepare, class Finish>
HostResult fileCall(HostContext& context, Prepare prepare, Finish finish) {
  WasiState& state = context.state<WasiState>();
  const auto end = [&](FileOutcome& outcome) {
    return answer(outcome.error == Errno::success ? finish(outcome) : outcome.error);
  };
  if (state.fileCall) {
    const auto call = state.takeFileCall();
    return call ? end(call->outcome) : state.wait(kWaitFile);
  }
  FileTask task = prepare(state);
  if (task.error != Errno::success) return answer(task.error);
  if (task.paced) {
    if (const auto pause = state.paceIo()) return *pause;
  }
  FileOutcome outcome(kWouldBlock);
  if (!state.fileIo()) {
    if (task.effort == Effort::writing && context.onShard()) return answer(Errno::notsup);
    outcome = task.work(Patience::blocking);
  } else if (task.effort == Effort::none) {
    outcome = task.work(Patience::cached);
  }
  if (outcome.error == kWouldBlock) return suspendForFile(context, std::move(task.work));
  return end(outcome);
}

}  // namespace skiff::wasi
