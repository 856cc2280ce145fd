#include "isolate/wasm/line_table.h"

#include <algorithm>

namespace skiff::wasm {

SourceLine LineTable::find(std::uint32_t address) const {
  const auto after =
      std::upper_bound(rows_.begin(), rows_.end(), address,
                       [](std::uint32_t wanted, const Row& row) { return wanted < row.address; });
  if (after == rows_.begin()) return {};
  const Row& row = *std::prev(after);
  if (row.line == 0) return {};
  return {files_[row.file], row.line};
}

void LineTable::write(RecordWriter& to) const {
  to.values(std::span(rows_));
  to.value(std::uint64_t{files_.size()});
  for (const std::string& file : files_) to.text(file);
}

LineTable LineTable::read(RecordReader& from) {
  LineTable table;
  table.rows_ = from.values<Row>();
  for (auto count = from.value<std::uint64_t>(); count != 0 && from.ok(); --count) {
    table.files_.push_back(from.text());
  }
  for (const Row& row : table.rows_) {
    if (row.line != 0 && row.file >= table.files_.size()) from.fail();
  }
  return from.ok() ? table : LineTable();
}

std::size_t LineTable::bytes() const {
  std::size_t bytes = rows_.capacity() * sizeof(Row) + files_.capacity() * sizeof(std::string);
  for (const std::string& file : files_) bytes += file.capacity();
  return bytes;
}

std::uint32_t LineTableBuilder::file(std::string_view path) {
  if (path.empty()) return 0;
  if (path.size() > kLongestPath) path.remove_prefix(path.size() - kLongestPath);
  const std::string key(path);
  const auto known = fileNumbers_.find(key);
  if (known != fileNumbers_.end()) return known->second;
  if (files_.size() >= kMostFiles || fileText_ + key.size() > kMostFileText) return 0;
  fileText_ += key.size();
  const auto number = static_cast<std::uint32_t>(files_.size());
  files_.push_back(key);
  fileNumbers_.emplace(key, number);
  return number;
}

void LineTableBuilder::row(std::uint64_t address, std::uint32_t file, std::uint32_t line) {
  if (full() || address >= codeSize_) return;
  const auto at = static_cast<std::uint32_t>(address);
  if (rows_.size() > open_) {
    LineTable::Row& last = rows_.back();
    if (at < last.address) return;
    if (at == last.address) {  // no instruction belongs to the one before
      last.file = file;
      last.line = line;
      return;
    }
    if (last.file == file && last.line == line) return;
  }
  rows_.push_back({at, file, line});
}

void LineTableBuilder::endSequence(std::uint64_t address) {
  if (rows_.size() > open_) {
    const std::uint32_t start = rows_[open_].address;
    const auto stop = static_cast<std::uint32_t>(std::min(address, codeSize_));
    if (start != 0 && stop > rows_.back().address) {
      sequences_.push_back({open_, rows_.size(), start, stop});
      open_ = rows_.size();
      return;
    }
  }
  dropSequence();
}

void LineTableBuilder::dropSequence() {
  rows_.resize(open_);
}

LineTable LineTableBuilder::take() {
  std::stable_sort(sequences_.begin(), sequences_.end(),
                   [](const Sequence& a, const Sequence& b) { return a.start < b.start; });
  LineTable table;
  table.rows_.reserve(rows_.size() + sequences_.size());
  std::uint32_t stop = 0;
  for (const Sequence& sequence : sequences_) {
    if (sequence.start < stop) continue;  // two cannot describe the same bytes
    // A gap between two sequences is nobody's.
    if (stop != 0 && sequence.start > stop) table.rows_.push_back({stop, 0, 0});
    table.rows_.insert(table.rows_.end(),
                       rows_.begin() + static_cast<std::ptrdiff_t>(sequence.begin),
                       rows_.begin() + static_cast<std::ptrdiff_t>(sequence.end));
    stop = sequence.stop;
  }
  if (stop != 0) table.rows_.push_back({stop, 0, 0});
  table.rows_.shrink_to_fit();
  table.files_ = std::move(files_);
  table.files_.shrink_to_fit();
  return table;
}

}  // namespace skiff::wasm
