#include "isolate/wasm/debug_line.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <vector>

#include "isolate/wasm/dwarf_cursor.h"

namespace skiff::wasm {
namespace {

// DWARF 5, sections 7.5.6 and 7.22.
enum Form : std::uint64_t {
  kFormBlock2 = 0x03,
  kFormBlock4 = 0x04,
  kFormData2 = 0x05,
  kFormData4 = 0x06,
  kFormData8 = 0x07,
  kFormString = 0x08,
  kFormBlock = 0x09,
  kFormBlock1 = 0x0a,
  kFormData1 = 0x0b,
  kFormStrp = 0x0e,
  kFormUdata = 0x0f,
  kFormStrx = 0x1a,
  kFormData16 = 0x1e,
  kFormLineStrp = 0x1f,
  kFormStrx1 = 0x25,
  kFormStrx2 = 0x26,
  kFormStrx3 = 0x27,
  kFormStrx4 = 0x28,
};
enum Content : std::uint64_t { kPath = 1, kDirectoryIndex = 2 };
enum Standard : std::uint8_t {
  kExtended = 0,
  kCopy = 1,
  kAdvancePc = 2,
  kAdvanceLine = 3,
  kSetFile = 4,
  kConstAddPc = 8,
  kFixedAdvancePc = 9,
};
enum Extended : std::uint8_t { kEndSequence = 1, kSetAddress = 2 };

/// A compiler's table of files has fewer; what is beyond has no name.
constexpr std::size_t kMostEntries = 65'536;
/// How far a string in another section is looked through for its end, since many may refer to it.
constexpr std::size_t kLongestString = 1'024;

struct FileEntry {
  std::string_view name;
  std::uint64_t directory = 0;
};

constexpr std::uint32_t kNotAsked = UINT32_MAX;

/// Of a path, what a table keeps at most.
std::string_view endOf(std::string_view path) {
  constexpr std::size_t kMost = LineTableBuilder::kLongestPath;
  return path.size() > kMost ? path.substr(path.size() - kMost) : path;
}

/// One unit: header and program.
class LineUnit {
 public:
  LineUnit(const DebugLineSections& sections, LineTableBuilder& table, DwarfCursor unit,
           std::size_t offsetSize)
      : sections_(sections), table_(table), unit_(unit), offsetSize_(offsetSize) {}

  void run() {
    if (!readHeader()) return;
    runProgram();
    table_.dropSequence();  // one that has no end
  }

 private:
  struct EntryFormat {
    std::uint64_t content;
    std::uint64_t form;
  };

  bool readHeader();
  void readTables(DwarfCursor& header);
  void readEntries(DwarfCursor& header, std::vector<FileEntry>& into);
  std::string_view readForm(DwarfCursor& from, std::uint64_t form, std::uint64_t& number);
  std::string_view stringAt(std::span<const std::uint8_t> section, std::uint64_t offset) const;
  void runProgram();
  void runExtended();
  void emit();
  std::uint32_t fileNumber();

  const DebugLineSections& sections_;
  LineTableBuilder& table_;
  DwarfCursor unit_;
  const std::size_t offsetSize_;
  std::uint16_t version_ = 0;
  std::uint8_t step_ = 1;
  std::int8_t lineBase_ = 0;
  std::uint8_t lineRange_ = 0;
  std::uint8_t opcodeBase_ = 0;
  std::array<std::uint8_t, 256> operands_{};
  std::vector<FileEntry> directories_;
  std::vector<FileEntry> files_;
  std::vector<std::uint32_t> numbers_;  ///< of files_ in the table; kNotAsked at first

  // The state machine's registers (6.2.2).
  std::uint64_t address_ = 0;
  std::uint64_t file_ = 1;
  std::uint32_t line_ = 1;
};

bool LineUnit::readHeader() {
  version_ = static_cast<std::uint16_t>(unit_.fixed(2));
  if (version_ < 2 || version_ > 5) return false;
  if (version_ == 5) unit_.skip(2);  // sizes of an address and of a segment selector
  DwarfCursor header = unit_.part(unit_.fixed(offsetSize_));
  step_ = header.byte();
  if (version_ >= 4) header.skip(1);  // operations per instruction: one
  header.skip(1);                     // whether rows are statements
  lineBase_ = static_cast<std::int8_t>(header.byte());
  lineRange_ = header.byte();
  opcodeBase_ = header.byte();
  for (std::size_t i = 1; i < opcodeBase_; ++i) operands_[i] = header.byte();
  if (!header.ok() || lineRange_ == 0 || opcodeBase_ == 0) return false;
  readTables(header);
  numbers_.assign(files_.size(), kNotAsked);
  return unit_.ok();
}

void LineUnit::readTables(DwarfCursor& header) {
  if (version_ == 5) {
    readEntries(header, directories_);
    readEntries(header, files_);
    return;
  }
  // Directory 0 is the compilation's, which stands elsewhere; files count from 1.
  directories_.emplace_back();
  files_.emplace_back();
  for (std::string_view name = header.string(); !name.empty(); name = header.string()) {
    if (directories_.size() < kMostEntries) directories_.push_back({name});
  }
  for (std::string_view name = header.string(); !name.empty(); name = header.string()) {
    const std::uint64_t directory = header.unsignedLeb();
    header.unsignedLeb();  // time
    header.unsignedLeb();  // size
    if (files_.size() < kMostEntries) files_.push_back({name, directory});
  }
}

void LineUnit::readEntries(DwarfCursor& header, std::vector<FileEntry>& into) {
  std::vector<EntryFormat> formats(header.byte());
  for (EntryFormat& format : formats) {
    format.content = header.unsignedLeb();
    format.form = header.unsignedLeb();
  }
  const std::uint64_t count = header.unsignedLeb();
  // Every form that is known takes a byte at least.
  if (formats.empty() || count > header.remaining()) {
    if (count != 0) header.fail();
    return;
  }
  for (std::uint64_t i = 0; i < count && header.ok(); ++i) {
    FileEntry entry;
    for (const EntryFormat& format : formats) {
      std::uint64_t number = 0;
      const std::string_view text = readForm(header, format.form, number);
      if (format.content == kPath) entry.name = text;
      if (format.content == kDirectoryIndex) entry.directory = number;
    }
    if (into.size() < kMostEntries) into.push_back(entry);
  }
}

std::string_view LineUnit::readForm(DwarfCursor& from, std::uint64_t form, std::uint64_t& number) {
  switch (form) {
    case kFormString:
      return from.string();
    case kFormLineStrp:
      return stringAt(sections_.lineStr, from.fixed(offsetSize_));
    case kFormStrp:
      return stringAt(sections_.str, from.fixed(offsetSize_));
    case kFormData1:
    case kFormStrx1:
      number = from.byte();
      return {};
    case kFormData2:
    case kFormStrx2:
      number = from.fixed(2);
      return {};
    case kFormStrx3:
      number = from.fixed(3);
      return {};
    case kFormData4:
    case kFormStrx4:
      number = from.fixed(4);
      return {};
    case kFormData8:
      number = from.fixed(8);
      return {};
    case kFormData16:
      from.skip(16);
      return {};
    case kFormUdata:
    case kFormStrx:
      number = from.unsignedLeb();
      return {};
    case kFormBlock:
      from.skip(from.unsignedLeb());
      return {};
    case kFormBlock1:
      from.skip(from.byte());
      return {};
    case kFormBlock2:
      from.skip(from.fixed(2));
      return {};
    case kFormBlock4:
      from.skip(from.fixed(4));
      return {};
    default:
      from.fail();
      return {};
  }
}

std::string_view LineUnit::stringAt(std::span<const std::uint8_t> section,
                                    std::uint64_t offset) const {
  if (offset >= section.size()) return {};
  const auto rest =
      section.subspan(offset, std::min<std::size_t>(kLongestString, section.size() - offset));
  const auto* const begin = reinterpret_cast<const char*>(rest.data());
  const void* const end = std::memchr(begin, 0, rest.size());
  if (end == nullptr) return {};
  return {begin, static_cast<std::size_t>(static_cast<const char*>(end) - begin)};
}

void LineUnit::runProgram() {
  const auto addPc = [this](std::uint64_t adjusted) {
    address_ += (adjusted / lineRange_) * step_;
  };
  while (unit_.ok() && !unit_.atEnd() && !table_.full()) {
    const std::uint8_t opcode = unit_.byte();
    if (opcode >= opcodeBase_) {
      const std::uint32_t adjusted = std::uint32_t{opcode} - opcodeBase_;
      addPc(adjusted);
      line_ += static_cast<std::uint32_t>(lineBase_) + adjusted % lineRange_;
      emit();
      continue;
    }
    switch (opcode) {
      case kExtended:
        runExtended();
        break;
      case kCopy:
        emit();
        break;
      case kAdvancePc:
        address_ += unit_.unsignedLeb() * step_;
        break;
      case kAdvanceLine:
        line_ += static_cast<std::uint32_t>(unit_.signedLeb());
        break;
      case kSetFile:
        file_ = unit_.unsignedLeb();
        break;
      case kConstAddPc:
        addPc(255U - opcodeBase_);
        break;
      case kFixedAdvancePc:
        address_ += unit_.fixed(2);
        break;
      default:
        // Columns, statements, blocks and what later versions may add: nothing that matters here.
        for (unsigned i = 0; i < operands_[opcode]; ++i) unit_.unsignedLeb();
    }
  }
}

void LineUnit::runExtended() {
  DwarfCursor operation = unit_.part(unit_.unsignedLeb());
  if (operation.atEnd()) return;
  switch (operation.byte()) {
    case kEndSequence:
      table_.endSequence(address_);
      address_ = 0;
      file_ = 1;
      line_ = 1;
      return;
    case kSetAddress:
      address_ = operation.fixed(operation.remaining());
      return;
    default:
      return;
  }
}

void LineUnit::emit() {
  constexpr std::uint32_t kMostLines = INT32_MAX;
  const bool known = line_ != 0 && line_ <= kMostLines;
  table_.row(address_, known ? fileNumber() : 0, known ? line_ : 0);
}

std::uint32_t LineUnit::fileNumber() {
  if (file_ >= files_.size()) return 0;
  std::uint32_t& number = numbers_[file_];
  if (number != kNotAsked) return number;
  const FileEntry& entry = files_[file_];
  // Directory 0 is where the compiler ran, which says nothing of the program.
  if (entry.directory != 0 && entry.directory < directories_.size() &&
      !entry.name.starts_with('/')) {
    // No more of either than the table would keep: they may be as long as the module.
    number = table_.file(std::string(endOf(directories_[entry.directory].name)) + "/" +
                         std::string(endOf(entry.name)));
  } else {
    number = table_.file(entry.name);
  }
  return number;
}

}  // namespace

void readDebugLine(const DebugLineSections& sections, LineTableBuilder& table) {
  constexpr std::uint64_t kLongFormat = 0xffff'ffff;
  DwarfCursor all(sections.line);
  while (all.ok() && !all.atEnd() && !table.full()) {
    std::size_t offsetSize = 4;
    std::uint64_t length = all.fixed(4);
    if (length == kLongFormat) {
      length = all.fixed(8);
      offsetSize = 8;
    }
    const DwarfCursor unit = all.part(length);
    if (all.ok()) LineUnit(sections, table, unit, offsetSize).run();
  }
}

}  // namespace skiff::wasm
