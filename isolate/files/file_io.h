#pragma once

#include <functional>

namespace skiff::wasi {

/// Does what may wait for a disk or a network elsewhere than on the thread that runs guests.
class FileIo {
 public:
  /// Whose work it is: its share of what does the work is bounded.
  using Owner = const void*;

  virtual ~FileIo() = default;
  /// Runs `work` on a thread for such work, and then `done` on the calling thread's loop. Neither
  /// before it returns. If the loop ends first, `done` is never run, only destroyed.
  virtual void submit(Owner owner, std::function<void()> work, std::function<void()> done) = 0;
};

}  // namespace skiff::wasi
