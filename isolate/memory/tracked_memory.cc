#include "isolate/memory/tracked_memory.h"

#include <sys/mman.h>

#include <algorithm>

#include "isolate/memory/page_restore.h"
#include "isolate/memory/page_scan.h"

namespace skiff {

const char* resetWord(ResetHow how) {
  static constexpr const char* kWords[kResetHowCount] = {"hot", "scan", "discard", "fresh", "none"};
  return kWords[static_cast<std::size_t>(how)];
}

const ResetSupport& ResetSupport::get() {
  static const ResetSupport support{.scan = pageScanWorks()};
  return support;
}

TrackedMemory::TrackedMemory(std::shared_ptr<const MemoryImage> image, std::byte* base,
                             ResetMode mode)
    : image_(std::move(image)), base_(base), size_(image_->size()), mode_(mode) {
  if (mode_ == ResetMode::automatic) mode_ = ResetMode::hot;
  if (mode_ == ResetMode::scan && !ResetSupport::get().scan) mode_ = ResetMode::discard;
  hot_.reserve(kMaxHot);
}

Result<std::unique_ptr<TrackedMemory>> TrackedMemory::attach(
    std::shared_ptr<const MemoryImage> image, std::byte* base, ResetMode mode,
    const HotPages& hot) {
  if (const auto mapped = image->mapOver(base); mapped.has_error()) return mapped.error();
  std::unique_ptr<TrackedMemory> memory(new TrackedMemory(std::move(image), base, mode));
  if (memory->mode_ == ResetMode::hot) {
    for (const std::uint32_t page : hot) {
      if (memory->hot_.size() < kMaxHot && std::size_t{page} * kPage < memory->size_) {
        memory->addHot(page);
      }
    }
    if (memory->size_ != 0 && !memory->protectAll()) {
      return Error{
          "cannot protect an instance's memory: the process has no mappings left "
          "(vm.max_map_count)"};
    }
  }
  return memory;
}

TrackedMemory::~TrackedMemory() {
  if (size_ == 0) return;
  // The engine frees the address range when it gets to it; the pages and the mapping go now.
  // Without access: nothing may run in here any more.
  (void)::mmap(base_, size_, PROT_NONE, MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1,
               0);
}

bool TrackedMemory::setWritable(std::uint32_t page, bool writable) {
  return ::mprotect(base_ + std::size_t{page} * kPage, kPage,
                    writable ? PROT_READ | PROT_WRITE : PROT_READ) == 0;
}

template <class Visit>
void TrackedMemory::forEachHotRun(Visit visit) const {
  for (std::size_t i = 0; i < hot_.size();) {
    std::size_t end = i + 1;
    while (end < hot_.size() && hot_[end] == hot_[end - 1] + 1) ++end;
    visit(std::size_t{hot_[i]} * kPage, (end - i) * kPage);
    i = end;
  }
}

bool TrackedMemory::protectAll() {
  bool done = ::mprotect(base_, size_, PROT_READ) == 0;
  forEachHotRun([&](std::size_t offset, std::size_t length) {
    done = done && ::mprotect(base_ + offset, length, PROT_READ | PROT_WRITE) == 0;
  });
  return done;
}

void TrackedMemory::addHot(std::uint32_t page) {
  const auto place = std::lower_bound(hot_.begin(), hot_.end(), page);
  if (place == hot_.end() || *place != page) hot_.insert(place, page);
}

std::size_t TrackedMemory::hotRuns() const {
  std::size_t runs = 0;
  forEachHotRun([&](std::size_t, std::size_t) { ++runs; });
  return runs;
}

void TrackedMemory::copyBack(std::size_t offset, std::size_t length) {
  for (const std::size_t end = offset + length; offset < end; offset += kPage) {
    if (image_->isZeroPage(offset / kPage)) {
      clearBytes(base_ + offset, kPage);
    } else {
      restoreBytes(base_ + offset, image_->data() + offset, kPage);
    }
  }
}

// In a signal handler: only memory of its own and system calls.
bool TrackedMemory::resolveFault(const void* address) {
  const auto* const at = static_cast<const std::byte*>(address);
  if (mode_ != ResetMode::hot || open_ || at < base_ || at >= base_ + size_) return false;
  const auto page = static_cast<std::uint32_t>(static_cast<std::size_t>(at - base_) / kPage);
  if (std::binary_search(hot_.begin(), hot_.end(), page)) return false;
  for (std::size_t i = 0; i < faultCount_; ++i) {
    if (faults_[i] == page) return false;  // writable already: something else is wrong
  }
  if (faultCount_ < kMaxFaults && setWritable(page, true)) {
    faults_[faultCount_++] = page;
    return true;
  }
  open_ = ::mprotect(base_, size_, PROT_READ | PROT_WRITE) == 0;
  return open_;
}

ResetHow TrackedMemory::reset() {
  if (mode_ == ResetMode::scan) return resetByScan();
  if (mode_ != ResetMode::hot) return discard() ? ResetHow::discard : ResetHow::none;
  if (open_) {
    const ResetHow how = resetByScan();
    faultCount_ = 0;
    open_ = false;
    const bool tooMany = hot_.size() > kMaxHot || hotRuns() > kMaxRuns;
    if (++overflows_ >= kMaxOverflows || tooMany) return leaveHotMode() ? how : ResetHow::none;
    return protectAll() ? how : ResetHow::none;
  }
  forEachHotRun([this](std::size_t offset, std::size_t length) { copyBack(offset, length); });
  if (faultCount_ == 0) return ResetHow::hot;

  for (std::size_t i = 0; i < faultCount_; ++i) {
    copyBack(std::size_t{faults_[i]} * kPage, kPage);
    if (hot_.size() < kMaxHot) {
      addHot(faults_[i]);
    } else if (!setWritable(faults_[i], false)) {
      return ResetHow::none;
    }
  }
  faultCount_ = 0;
  if (hotRuns() > kMaxRuns && !leaveHotMode()) return ResetHow::none;
  return ResetHow::hot;
}

// Many or scattered pages: protecting them would cost more mappings than it saves.
bool TrackedMemory::leaveHotMode() {
  mode_ = ResetSupport::get().scan ? ResetMode::scan : ResetMode::discard;
  hot_.clear();
  return ::mprotect(base_, size_, PROT_READ | PROT_WRITE) == 0;
}

ResetHow TrackedMemory::resetByScan() {
  if (!ResetSupport::get().scan) return discard() ? ResetHow::discard : ResetHow::none;
  scannedBytes_ = 0;
  const bool listed = forEachPrivateRange(base_, size_, [this](std::size_t offset, std::size_t n) {
    scannedBytes_ += n;
    if (scannedBytes_ > kDiscardAbove) return false;
    copyBack(offset, n);
    if (mode_ == ResetMode::hot) {
      for (std::size_t at = offset; at < offset + n && hot_.size() <= kMaxHot; at += kPage) {
        addHot(static_cast<std::uint32_t>(at / kPage));
      }
    }
    return true;
  });
  if (!listed || scannedBytes_ > kDiscardAbove) {
    scannedBytes_ = 0;
    return discard() ? ResetHow::discard : ResetHow::none;
  }
  return ResetHow::scan;
}

bool TrackedMemory::discard() {
  return ::madvise(base_, size_, MADV_DONTNEED) == 0;
}

std::size_t TrackedMemory::ownBytes() const {
  return hot_.size() * kPage + scannedBytes_;
}

}  // namespace skiff
