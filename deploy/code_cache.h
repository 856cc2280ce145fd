#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>

#include "config/byte_size.h"
#include "config/result.h"

namespace skiff {

/// Machine code of modules, kept in a directory from one start of the daemon to the next. An entry
/// is a file of its own, named by the digest of the module and of what else its code depends on. It
/// is there whole or not at all (written beside, synced, renamed), carries a checksum, and counts
/// only if it belongs to this user and nobody else can write to it: what it holds is run. Any
/// thread; several processes may share a directory.
class CodeCache {
 public:
  static constexpr ByteSize kCapacity = 1_GiB;

  struct Code {
    std::unique_ptr<std::uint8_t[]> data;
    std::size_t size = 0;
  };

  /// `identity`: what code depends on beside its module (engine, flags, processor). `capacity`: of
  /// all entries; beyond it those used longest ago are removed. The directory is made by the first
  /// store().
  CodeCache(std::filesystem::path directory, std::string identity, ByteSize capacity = kCapacity)
      : directory_(std::move(directory)), identity_(std::move(identity)), capacity_(capacity) {}

  ~CodeCache();  ///< notes uses
  CodeCache(const CodeCache&) = delete;
  CodeCache& operator=(const CodeCache&) = delete;

  /// The name of a module's entry.
  std::string keyOf(std::span<const std::uint8_t> module) const;
  /// Nothing if there is no entry, or none that can be trusted.
  std::optional<Code> find(const std::string& key) const;
  /// Replaces what there is. What is larger than the capacity is not stored.
  Result<void> store(const std::string& key, std::span<const std::uint8_t> code);
  void remove(const std::string& key);
  /// Notes on the disk which entries were used when; may wait for it, so find() leaves it to
  /// others.
  void noteUses() const;

 private:
  Result<void> write(const std::string& key, std::span<const std::uint8_t> code) const;
  /// Looks at all entries, and removes what is too much; the bytes of those that are left.
  std::uint64_t shrink() const;

  const std::filesystem::path directory_;
  const std::string identity_;
  const ByteSize capacity_;
  /// By name: those that find() gave since it was noted last.
  mutable std::mutex usesMutex_;
  mutable std::unordered_map<std::string, std::filesystem::file_time_type> used_;
  std::mutex storing_;
  /// Bytes of all entries, as far as this process knows; nothing before it has looked.
  std::optional<std::uint64_t> held_;
};

}  // namespace skiff
