#include "isolate/wasm/additions.h"

#include <cassert>

#include "isolate/wasm/binary.h"
#include "isolate/wasm/reader.h"

namespace skiff::wasm {

namespace {

void writeTypes(Writer& to, const std::vector<ValueType>& types) {
  to.unsignedNumber(types.size());
  for (const ValueType type : types) to.byte(valueTypeCode(type));
}

void writeZero(Writer& to, ValueType type) {
  switch (type) {
    case ValueType::i32:
      to.instruction(kI32Const, 0);
      break;
    case ValueType::i64:
      to.instruction(kI64Const, 0);
      break;
    case ValueType::f32:
      to.bytes({kF32Const, 0, 0, 0, 0});
      break;
    case ValueType::f64:
      to.bytes({kF64Const, 0, 0, 0, 0, 0, 0, 0, 0});
      break;
    case ValueType::v128:
      to.prefixed(kSimdPrefix, kV128Const);
      to.bytes({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
      break;
    case ValueType::reference:
      assert(false);
      break;
  }
  to.byte(kEnd);
}

}  // namespace

std::uint8_t valueTypeCode(ValueType type) {
  assert(type != ValueType::reference);
  // Codes count down from i32, in the order of the enumeration.
  return static_cast<std::uint8_t>(kI32Code - static_cast<std::uint8_t>(type));
}

std::uint32_t Additions::addType(const std::vector<ValueType>& parameters,
                                 const std::vector<ValueType>& results) {
  Writer type;
  type.byte(kFunctionCode);
  writeTypes(type, parameters);
  writeTypes(type, results);
  return addEncodedType(type.view());
}

std::uint32_t Additions::addEncodedType(std::span<const std::uint8_t> type) {
  const auto [entry, isNew] =
      addedTypes_.try_emplace({type.begin(), type.end()}, base_.types + types_.count);
  if (isNew) {
    types_.bytes.bytes(type);
    ++types_.count;
  }
  return entry->second;
}

std::uint32_t Additions::addFunction(std::uint32_t type, const Writer& body) {
  functions_.bytes.unsignedNumber(type);
  code_.bytes.unsignedNumber(body.size());
  code_.bytes.bytes(body.view());
  ++code_.count;
  return base_.functions + functions_.count++;
}

std::uint32_t Additions::addGlobal(ValueType type) {
  constexpr std::uint8_t kMutable = 1;
  globals_.bytes.bytes({valueTypeCode(type), kMutable});
  writeZero(globals_.bytes, type);
  return base_.globals + globals_.count++;
}

std::uint32_t Additions::addFunctionReference(std::uint32_t type) {
  constexpr std::uint8_t kMutable = 1;
  globals_.bytes.byte(kNullableReferenceCode);
  globals_.bytes.signedNumber(type);
  globals_.bytes.bytes({kMutable, kRefNull});
  globals_.bytes.signedNumber(type);
  globals_.bytes.byte(kEnd);
  return base_.globals + globals_.count++;
}

void Additions::addExport(std::string_view name, ExternalKind kind, std::uint32_t index) {
  exports_.bytes.name(name);
  exports_.bytes.byte(static_cast<std::uint8_t>(kind));
  exports_.bytes.unsignedNumber(index);
  ++exports_.count;
}

const Additions::Entries* Additions::find(std::uint8_t sectionId) const {
  switch (sectionId) {
    case kTypeSection:
      return &types_;
    case kFunctionSection:
      return &functions_;
    case kGlobalSection:
      return &globals_;
    case kExportSection:
      return &exports_;
    case kCodeSection:
      return &code_;
    default:
      return nullptr;
  }
}

bool Additions::has(std::uint8_t sectionId) const {
  const Entries* entries = find(sectionId);
  return entries != nullptr && entries->count > 0;
}

Additions::Placed Additions::writeSection(Writer& to, std::uint8_t sectionId,
                                          std::span<const std::uint8_t> body) const {
  const Entries& entries = *find(sectionId);
  std::uint32_t count = 0;
  std::span<const std::uint8_t> old;
  if (!body.empty()) {
    Reader reader(body, 0, body.size(), {});
    count = reader.readU32("a count");
    old = body.subspan(reader.offset());
  }
  Writer merged;
  merged.reserve(old.size() + entries.bytes.size() + 5);
  merged.unsignedNumber(std::uint64_t{count} + entries.count);
  merged.bytes(old);
  merged.bytes(entries.bytes.view());
  to.section(sectionId, merged.view());
  const std::size_t behind = old.size() + entries.bytes.size();
  return {to.size() - behind, body.size() - old.size(), old.size()};
}

}  // namespace skiff::wasm
