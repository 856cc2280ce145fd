#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "config/config.h"
#include "isolate/memory/memory_image.h"
#include "isolate/memory/reset_how.h"

namespace skiff {

/// Which ways of resetting this kernel offers.
struct ResetSupport {
  bool scan = false;  ///< PAGEMAP_SCAN (Linux 6.7)
  static const ResetSupport& get();
};

/// The pages that requests of a version usually dirty, learnt by its instances on one shard and
/// handed to new ones, so that these need not fault them in again.
using HotPages = std::vector<std::uint32_t>;

/// The linear memory of one instance, mapped over its version's image, and the means to bring it
/// back to that image after a request. One thread at a time.
///
/// hot: all pages are write-protected but the hot ones. A store to another page faults once, is
///   noted, and the page becomes hot. Resetting copies the noted and hot pages back: no system
///   call. A request that dirties many new pages has the whole memory opened, and an instance to
///   which that happens often is reset by scan from then on.
/// scan: nothing is protected; the kernel lists the pages that are no longer the image's.
/// discard: the kernel drops all private pages; each is faulted in again.
class TrackedMemory {
 public:
  /// Maps `image` over `base` and arms the tracking. `mode` automatic means hot.
  static Result<std::unique_ptr<TrackedMemory>> attach(std::shared_ptr<const MemoryImage> image,
                                                       std::byte* base, ResetMode mode,
                                                       const HotPages& hot);
  ~TrackedMemory();
  TrackedMemory(const TrackedMemory&) = delete;
  TrackedMemory& operator=(const TrackedMemory&) = delete;

  /// Brings the memory back. `none` means that it failed: the instance must not be used again.
  ResetHow reset();
  /// Pages that are this instance's own after a reset, in bytes: what it costs while idle.
  std::size_t ownBytes() const;
  /// A reset copies few pages back, and need not look for them.
  bool resetsQuickly() const { return mode_ == ResetMode::hot && !open_; }
  const HotPages& hotPages() const { return hot_; }

  /// While one exists, stores of this thread to the tracked memory's protected pages are resolved.
  class Access {
   public:
    explicit Access(TrackedMemory* memory);
    ~Access();
    Access(const Access&) = delete;
    Access& operator=(const Access&) = delete;

   private:
    TrackedMemory* const previous_;
  };

  /// Installs the fault handler, in front of whatever handlers there are (V8's for traps). Once per
  /// process, before the first instance. Idempotent.
  static void installFaultHandler();

  /// Called by the fault handler. Whether the fault was one of ours and is resolved.
  bool resolveFault(const void* address);

 private:
  static constexpr std::size_t kPage = MemoryImage::kPageSize;
  /// New pages that one request may fault in one by one; the next opens the whole memory. What it
  /// dirtied is found by a scan then, and becomes hot too.
  static constexpr std::size_t kMaxFaults = 8;
  static constexpr std::size_t kMaxHot = 64;
  /// Separate stretches of hot pages; each costs two mappings.
  static constexpr std::size_t kMaxRuns = 4;
  /// Requests that opened the memory before the instance goes over to scanning.
  static constexpr int kMaxOverflows = 3;
  /// More dirty bytes than this are given back to the kernel instead of copied.
  static constexpr std::size_t kDiscardAbove = std::size_t{8} << 20;

  TrackedMemory(std::shared_ptr<const MemoryImage> image, std::byte* base, ResetMode mode);

  bool protectAll();
  bool setWritable(std::uint32_t page, bool writable);
  void addHot(std::uint32_t page);
  /// Calls `visit(offset, length)` for each stretch of adjacent hot pages.
  template <class Visit>
  void forEachHotRun(Visit visit) const;
  std::size_t hotRuns() const;
  void copyBack(std::size_t offset, std::size_t length);
  ResetHow resetByScan();
  bool leaveHotMode();
  bool discard();

  std::shared_ptr<const MemoryImage> image_;
  std::byte* const base_;
  const std::size_t size_;
  ResetMode mode_;
  bool open_ = false;  ///< hot mode: this request has had the whole memory opened
  int overflows_ = 0;
  HotPages hot_;
  std::size_t faultCount_ = 0;
  std::array<std::uint32_t, kMaxFaults> faults_{};
  std::size_t scannedBytes_ = 0;
};

}  // namespace skiff
