#include <algorithm>

#include "isolate/wasm/additions.h"
#include "isolate/wasm/binary.h"
#include "isolate/wasm/bulk_helper.h"
#include "isolate/wasm/error_text.h"
#include "isolate/wasm/rewrite.h"
#include "isolate/wasm/signature.h"

namespace skiff::wasm {

namespace {

/// What the host's "try:NAME" takes: i32 alone, since a BigInt would cost more than the call.
std::vector<ValueType> tryParameters(const HostFunction& function) {
  std::vector<ValueType> parameters;
  for (const char letter : function.parameters) {
    parameters.insert(parameters.end(), letter == 'I' ? 2 : 1, ValueType::i32);
  }
  return parameters;
}

std::vector<ValueType> tryResults(const HostFunction& function) {
  if (function.result == 'I') return {ValueType::f64};
  if (function.result == 'i' || function.mayWait) return {ValueType::i32};
  return {};
}

/// Pushes the guest's arguments as "try:NAME" takes them.
void writeArguments(Writer& to, std::string_view parameters) {
  for (std::uint32_t i = 0; i < parameters.size(); ++i) {
    to.instruction(kLocalGet, i);
    if (parameters[i] != 'I') continue;
    to.byte(kI32WrapI64);
    to.instruction(kLocalGet, i);
    to.bytes({kI64Const, 32, kI64ShrU, kI32WrapI64});
  }
}

void writeIsWouldBlock(Writer& to, bool isDouble) {
  if (isDouble) {
    to.bytes({kF64Const, 0, 0, 0, 0, 0, 0, 0xf0, 0xbf, kF64Eq});  // -1.0
  } else {
    to.bytes({kI32Const, 0x7f, kI32Eq});  // -1
  }
}

Writer shimBody(const HostFunction& function, std::uint32_t tryIndex, std::uint32_t waitIndex) {
  const bool isDouble = function.result == 'I';
  const auto answer = static_cast<std::uint32_t>(function.parameters.size());
  const bool keepsAnswer = function.mayWait && function.result != 0;
  Writer body;
  if (keepsAnswer) {
    body.bytes({1, 1, isDouble ? kF64Code : kI32Code});
  } else {
    body.unsignedNumber(0);
  }
  if (function.mayWait) {
    body.bytes({kLoop, kEmptyBlockCode});
  } else {
    writeTerminationCheck(body);
  }
  writeArguments(body, function.parameters);
  body.instruction(kCall, tryIndex);
  if (function.mayWait) {
    if (keepsAnswer) body.instruction(kLocalTee, answer);
    writeIsWouldBlock(body, isDouble);
    body.bytes({kIf, kEmptyBlockCode});
    body.instruction(kCall, waitIndex);
    body.instruction(kBranch, 1);
    body.bytes({kEnd, kEnd});
    if (keepsAnswer) body.instruction(kLocalGet, answer);
  }
  // Saturating, since it cannot trap.
  if (isDouble) body.prefixed(kMiscPrefix, kI64TruncSatF64S);
  body.byte(kEnd);
  return body;
}

void writeImport(Writer& to, std::string_view name, std::uint32_t type) {
  to.name(kShimModule);
  to.name(name);
  to.byte(static_cast<std::uint8_t>(ExternalKind::function));
  to.unsignedNumber(type);
}

}  // namespace

std::vector<std::uint8_t> buildShim(const HostModule& module) {
  const auto& functions = module.functions;
  const bool waits = std::any_of(functions.begin(), functions.end(),
                                 [](const HostFunction& function) { return function.mayWait; });
  // Imports: one "try:" a function, then "wait".
  const auto waitIndex = static_cast<std::uint32_t>(functions.size());
  Additions additions({.types = 0, .functions = waitIndex + (waits ? 1 : 0), .globals = 0});
  Writer imports;
  imports.unsignedNumber(waitIndex + (waits ? 1 : 0));
  for (std::uint32_t i = 0; i < functions.size(); ++i) {
    const HostFunction& function = functions[i];
    writeImport(imports, concat(kShimTryPrefix, function.name),
                additions.addType(tryParameters(function), tryResults(function)));
    const std::uint32_t type =
        additions.addType(valueTypes(function.parameters), resultTypes(function.result));
    additions.exportFunction(function.name,
                             additions.addFunction(type, shimBody(function, i, waitIndex)));
  }
  if (waits) writeImport(imports, kShimWait, additions.addType({}, {}));

  Writer output;
  writePreamble(output);
  additions.writeSection(output, kTypeSection, {});
  output.section(kImportSection, imports.view());
  additions.writeSection(output, kFunctionSection, {});
  additions.writeSection(output, kExportSection, {});
  additions.writeSection(output, kCodeSection, {});
  return output.take();
}

}  // namespace skiff::wasm
