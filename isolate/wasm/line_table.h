#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "config/byte_record.h"

namespace skiff::wasm {

/// A place in a source file. Empty `file` and line 0 for what is not known.
struct SourceLine {
  std::string_view file;
  std::uint32_t line = 0;
};

/// Which source line each instruction comes from, as a compiler's debug information tells it, kept
/// small: twelve bytes for each stretch of instructions of one line, and each file's name once.
/// Immutable; any thread.
class LineTable {
 public:
  LineTable() = default;

  /// `address` is an offset in the code section's body.
  SourceLine find(std::uint32_t address) const;
  bool empty() const { return rows_.empty(); }
  std::size_t bytes() const;

  void write(RecordWriter& to) const;
  static LineTable read(RecordReader& from);

 private:
  friend class LineTableBuilder;
  struct Row {
    std::uint32_t address;  ///< up to that of the next row
    std::uint32_t file;
    std::uint32_t line;  ///< 0: nothing is known from here on
  };
  std::vector<Row> rows_;  ///< by address
  std::vector<std::string> files_;
};

/// Collects sequences: runs of rows with ascending addresses, that end at an address. They come in
/// any order. Bounded: what is beyond the limits is left out, and then has no line.
class LineTableBuilder {
 public:
  static constexpr std::size_t kMostRows = std::size_t{1} << 20;
  static constexpr std::size_t kMostFiles = std::size_t{1} << 16;
  static constexpr std::size_t kMostFileText = std::size_t{1} << 20;
  /// Of a file's path the end is kept: that much of it.
  static constexpr std::size_t kLongestPath = 160;

  /// Addresses are below `codeSize`; others do not belong to the module.
  explicit LineTableBuilder(std::uint64_t codeSize) : codeSize_(codeSize) {}

  /// The number of a file, the same for the same path; 0 for a file without a name.
  std::uint32_t file(std::string_view path);
  void row(std::uint64_t address, std::uint32_t file, std::uint32_t line);
  /// Ends the sequence. One that begins at 0 is left out, as are those that begin beyond the code:
  /// so linkers mark functions that they dropped. So is what follows a step back.
  void endSequence(std::uint64_t address);
  /// Forgets the rows since the last endSequence().
  void dropSequence();
  bool full() const { return rows_.size() >= kMostRows; }

  LineTable take();

 private:
  struct Sequence {
    std::size_t begin;  ///< in rows_
    std::size_t end;
    std::uint32_t start;  ///< addresses
    std::uint32_t stop;
  };
  const std::uint64_t codeSize_;
  std::vector<LineTable::Row> rows_;
  std::vector<Sequence> sequences_;
  std::size_t open_ = 0;  ///< where the sequence under way begins in rows_
  std::vector<std::string> files_{std::string()};
  std::unordered_map<std::string, std::uint32_t> fileNumbers_;
  std::size_t fileText_ = 0;
};

}  // namespace skiff::wasm
