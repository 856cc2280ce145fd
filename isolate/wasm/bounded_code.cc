#include "isolate/wasm/bounded_code.h"

#include <algorithm>

#include "isolate/wasm/binary.h"
#include "isolate/wasm/error_text.h"
#include "isolate/wasm/growth_helper.h"

namespace skiff::wasm {

namespace {

constexpr std::string_view kSectionName = "code section";

/// A piece takes some microseconds; if each of its pages is written for the first time since the
/// instance was reset, some 50.
constexpr std::uint32_t kBytesPerPiece = 65'536;
/// Elements of tables are slower: up to half a microsecond each.
constexpr std::uint32_t kElementsPerPiece = 256;
/// What stays as it is: no slower than other instructions (some 20 ns), so that strung together
/// they take no longer than those. V8 takes functions of 7.6 MB, into which 760,000 such
/// instructions fit: 15 ms.
constexpr std::uint32_t kShortBytes = 256;
/// More are the sign of a module that is made to swell.
constexpr std::size_t kMostHelpers = 100'000;
/// Places that are changed, in all: each is kept (16 bytes), to lead back to the author's module.
constexpr std::size_t kMostChanges = 1'000'000;
/// The largest body that V8 takes.
constexpr std::size_t kLargestBody = 7'654'321;

bool worksOnMemory(const Instruction& instruction) {
  return instruction.opcode == kMemoryFill || instruction.opcode == kMemoryCopy ||
         instruction.opcode == kMemoryInit;
}

bool isConstant(const Instruction& instruction) {
  return instruction.prefix == 0 && instruction.opcode == kI32Const;
}

/// A call in `size` bytes if it fits, else in as few as possible.
Writer callIn(std::size_t size, std::uint32_t function) {
  constexpr std::size_t kLongestNumber = 5;
  Writer number;
  number.unsignedNumber(function);
  const std::size_t room = std::min(size - 1, kLongestNumber);
  Writer call;
  call.byte(kCall);
  if (number.size() >= room) {
    call.bytes(number.view());
    return call;
  }
  // A number may be longer than it needs to be.
  constexpr std::uint8_t kMore = 0x80;
  for (const std::uint8_t byte : number.view().first(number.size() - 1)) call.byte(byte);
  call.byte(static_cast<std::uint8_t>(number.view().back() | kMore));
  for (std::size_t i = number.size() + 1; i < room; ++i) call.byte(kMore);
  call.byte(0);
  return call;
}

}  // namespace

ModuleResult<std::optional<BoundedEntries>> BoundedCode::rewrite(const Section& code) {
  Reader reader(bytes_, code.bodyOffset, code.bodyOffset + code.bodySize, kSectionName);
  const std::uint32_t bodies = reader.readU32("the number of function bodies");
  copied_ = reader.offset();
  for (std::uint32_t i = 0; i < bodies && reader.ok(); ++i) {
    const std::size_t header = reader.offset();
    const std::uint32_t size = reader.readCount("the size of a function body", 1);
    const std::size_t begin = reader.offset();
    reader.skip(size, "a function body");
    if (!reader.ok()) break;
    changes_.clear();
    auto error = findChanges(begin, begin + size, module_.importedFunctions + i);
    if (error) return std::move(*error);
    if (!changes_.empty()) applyChanges(header, begin, begin + size);
  }
  if (!reader.ok()) return reader.error();
  if (output_.size() == 0) return std::optional<BoundedEntries>();
  copyUpTo(reader.offset());
  return std::optional<BoundedEntries>({output_.take(), std::move(offsets_)});
}

std::optional<ModuleError> BoundedCode::findChanges(std::size_t begin, std::size_t end,
                                                    std::uint32_t function) {
  Reader body(bytes_, begin, end, kSectionName);
  const auto error = [](std::size_t offset, std::string what, std::string advice) {
    return ModuleError{std::move(what), offset, std::string(kSectionName), std::move(advice)};
  };
  const auto unknown = [&](std::size_t offset) {
    return error(offset,
                 concat("function ", function, " has an instruction that skiff does not know"),
                 "check it with wasm-validate, and build it without experimental features");
  };
  if (body.remaining() > kLargestBody) {
    return error(body.offset(), concat("function ", function, " is larger than the engine takes"),
                 "build it with less inlining, or split it");
  }
  const std::size_t locals = body.offset();
  skipLocals(body);
  if (!body.ok()) return unknown(locals);
  Instruction before{Effect::resettable, nullptr};
  while (!body.atEnd()) {
    const std::size_t offset = body.offset();
    const Instruction instruction = readInstruction(body);
    if (instruction.effect == Effect::unknown) return unknown(offset);
    const auto change = changeOf(instruction, before, static_cast<std::uint32_t>(offset),
                                 static_cast<std::uint32_t>(body.offset() - offset));
    if (change) changes_.push_back(*change);
    if (change && ++changeCount_ > kMostChanges) {
      return error(
          offset,
          concat("the module has more than ", kMostChanges, " instructions that may take long"),
          "call functions that do what such instructions do over and over");
    }
    if (helpers_.size() > kMostHelpers) {
      return error(offset,
                   concat("the module copies between more than ", kMostHelpers,
                          " pairs of memories, tables and segments"),
                   "use fewer segments");
    }
    before = instruction;
  }
  return std::nullopt;
}

std::optional<BoundedCode::Change> BoundedCode::changeOf(const Instruction& instruction,
                                                         const Instruction& before,
                                                         std::uint32_t offset, std::uint32_t size) {
  const Change check{offset, 0, 0};
  if (instruction.duration == Duration::brief) return std::nullopt;
  if (instruction.prefix == 0 && instruction.opcode == kMemoryGrow) {
    const std::uint32_t memory = instruction.immediates[0];
    // Else V8 says what is wrong.
    if (memory >= module_.memories.size() || module_.memories[memory].is64) return check;
    return Change{offset, size, growthHelper(memory)};
  }
  if (instruction.duration == Duration::slow) return check;
  const auto bulk = describeBulk(instruction);
  if (!bulk) return std::nullopt;
  if (worksOnMemory(instruction)) {
    if (isConstant(before) && before.immediates[0] <= kShortBytes) return std::nullopt;
    if (most(*bulk) <= kShortBytes) return std::nullopt;
  } else if (most(*bulk) <= kElementsPerPiece) {
    return check;
  }
  return Change{offset, size, helperOf(*bulk)};
}

std::optional<BulkInstruction> BoundedCode::describeBulk(const Instruction& instruction) const {
  using Kind = Extent::Kind;
  const auto extent = [&](Kind kind, std::uint32_t index) -> std::optional<Extent> {
    if (kind == Kind::memory) {
      if (index >= module_.memories.size()) return std::nullopt;
      return Extent{kind, index, module_.memories[index].is64};
    }
    if (index >= module_.tables.size()) return std::nullopt;
    return Extent{kind, index, module_.tables[index].is64};
  };
  const auto segment = [](const std::vector<Segment>& segments,
                          std::uint32_t index) -> std::optional<Extent> {
    if (index >= segments.size()) return std::nullopt;
    return Extent{Kind::segment, index, false, segments[index].size};
  };
  const auto& [first, second] = instruction.immediates;
  const Kind kind = worksOnMemory(instruction) ? Kind::memory : Kind::table;
  BulkInstruction bulk{instruction.opcode, instruction.immediates, {}, {}, {}};
  std::optional<Extent> destination;
  switch (instruction.opcode) {
    case kMemoryInit:
    case kTableInit:
      bulk.source =
          segment(kind == Kind::memory ? module_.dataSegments : module_.elementSegments, first);
      destination = extent(kind, second);
      if (!bulk.source) return std::nullopt;
      break;
    case kMemoryCopy:
    case kTableCopy:
      destination = extent(kind, first);
      bulk.source = extent(kind, second);
      if (!bulk.source) return std::nullopt;
      break;
    default: {
      static constexpr std::uint8_t kByte[] = {kI32Code};
      destination = extent(kind, first);
      if (!destination) return std::nullopt;
      bulk.filledWith = kind == Kind::memory ? std::span(kByte) : module_.tables[first].elementType;
      break;
    }
  }
  if (!destination) return std::nullopt;
  bulk.destination = *destination;
  return bulk;
}

/// How many bytes or elements the instruction can move at most; beyond, it traps at once.
std::uint64_t BoundedCode::most(const BulkInstruction& bulk) const {
  const auto sizeOf = [&](const Extent& extent) -> std::uint64_t {
    switch (extent.kind) {
      case Extent::Kind::segment:
        return extent.segmentSize;
      case Extent::Kind::table:
        return tableMaxima_[extent.index];
      case Extent::Kind::memory:
        break;
    }
    return UINT64_MAX;
  };
  const std::uint64_t size = sizeOf(bulk.destination);
  return bulk.source ? std::min(size, sizeOf(*bulk.source)) : size;
}

std::uint32_t BoundedCode::helperOf(const BulkInstruction& bulk) {
  const std::array key{bulk.opcode, bulk.immediates[0], bulk.immediates[1]};
  const auto found = helpers_.find(key);
  if (found != helpers_.end()) return found->second;
  Writer type;
  writeBulkType(type, bulk);
  const bool bytes = bulk.destination.kind == Extent::Kind::memory;
  const std::uint32_t function =
      additions_.addFunction(additions_.addEncodedType(type.view()),
                             bulkBody(bulk, bytes ? kBytesPerPiece : kElementsPerPiece));
  helpers_.emplace(key, function);
  return function;
}

std::uint32_t BoundedCode::growthHelper(std::uint32_t memory) {
  const std::array key{std::uint32_t{kMemoryGrow}, memory, std::uint32_t{0}};
  const auto found = helpers_.find(key);
  if (found != helpers_.end()) return found->second;
  const std::uint32_t type = additions_.addType({ValueType::i32}, {ValueType::i32});
  if (!mayGrow_) mayGrow_ = additions_.addFunctionReference(type);
  const std::uint32_t function = additions_.addFunction(type, growthBody(memory, *mayGrow_, type));
  helpers_.emplace(key, function);
  return function;
}

/// Writes the body between `begin` and `end`, whose size stands at `header`, with its changes.
void BoundedCode::applyChanges(std::size_t header, std::size_t begin, std::size_t end) {
  Writer check;
  writeTerminationCheck(check);
  std::size_t size = end - begin;
  for (const Change& change : changes_) {
    size +=
        change.size == 0 ? check.size() : callIn(change.size, change.helper).size() - change.size;
  }
  if (size != end - begin) {
    copyUpTo(header);
    markAdded();
    output_.unsignedNumber(size);
    copied_ = begin;
  }
  for (const Change& change : changes_) {
    copyUpTo(change.offset);
    if (change.size == 0) {
      markAdded();
      output_.bytes(check.view());
      continue;
    }
    // What traps in the helper is the instruction that it stands for.
    offsets_.add(static_cast<std::uint32_t>(output_.size()), change.offset);
    output_.bytes(callIn(change.size, change.helper).view());
    copied_ = change.offset + change.size;
  }
  copyUpTo(end);
}

void BoundedCode::copyUpTo(std::size_t offset) {
  if (offset == copied_) return;
  offsets_.add(static_cast<std::uint32_t>(output_.size()), static_cast<std::uint32_t>(copied_));
  output_.bytes(bytes_.subspan(copied_, offset - copied_));
  copied_ = offset;
}

}  // namespace skiff::wasm
