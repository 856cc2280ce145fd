#include "bench/coldstart/module_maker.h"

#include <random>
#include <stdexcept>
#include <vector>

#include "isolate/wasm/binary.h"
#include "isolate/wasm/writer.h"

namespace skiff::bench {
namespace {

using namespace wasm;

enum Type : std::uint8_t { kSetHeader, kWriteBody, kHandleRequest, kHandleResponse, kFiller };
// Functions by index: two imports, the two handlers, then the filler.
constexpr std::uint32_t kFirstFiller = 4;

void constant(Writer& to, std::int32_t value) {
  to.byte(kI32Const);
  to.signedNumber(value);
}

void writeTypes(Writer& to) {
  Writer types;
  types.unsignedNumber(5);
  types.bytes({0x60, 5, kI32Code, kI32Code, kI32Code, kI32Code, kI32Code, 0});  // kSetHeader
  types.bytes({0x60, 3, kI32Code, kI32Code, kI32Code, 0});                      // kWriteBody
  types.bytes({0x60, 0, 1, kI64Code});                                          // kHandleRequest
  types.bytes({0x60, 2, kI32Code, kI32Code, 0});                                // kHandleResponse
  types.bytes({0x60, 1, kI32Code, 1, kI32Code});                                // kFiller
  to.section(kTypeSection, types.view());
}

void writeImports(Writer& to) {
  Writer imports;
  imports.unsignedNumber(2);
  const auto import = [&](std::string_view name, Type type) {
    imports.name("http_handler");
    imports.name(name);
    imports.bytes({0, type});
  };
  import("set_header_value", kSetHeader);
  import("write_body", kWriteBody);
  to.section(kImportSection, imports.view());
}

void writeMemoryAndExports(Writer& to) {
  to.section(kMemorySection, std::vector<std::uint8_t>{1, 0, 1});
  Writer exports;
  exports.unsignedNumber(3);
  exports.name("memory");
  exports.bytes({2, 0});
  exports.name("handle_request");
  exports.bytes({0, 2});
  exports.name("handle_response");
  exports.bytes({0, 3});
  to.section(kExportSection, exports.view());
}

std::vector<std::uint8_t> sized(Writer body) {
  Writer whole;
  whole.unsignedNumber(body.size());
  whole.bytes(body.view());
  return whole.take();
}

std::vector<std::uint8_t> handleRequest() {
  Writer body;
  body.byte(0);  // no locals
  for (const int argument : {1, 0, 12, 16, 10}) constant(body, argument);
  body.instruction(kCall, 0);
  for (const int argument : {1, 32, 15}) constant(body, argument);
  body.instruction(kCall, 1);
  body.bytes({0x42, 0, kEnd});  // i64.const 0
  return sized(std::move(body));
}

/// (param i32) (result i32), with a loop, branches, loads, stores and a call.
std::vector<std::uint8_t> filler(std::uint32_t index, std::mt19937& random) {
  const auto any = [&] { return static_cast<std::int32_t>(random()); };
  Writer body;
  body.bytes({1, 1, kI32Code});  // a local, of index 1
  const int steps = 4 + static_cast<int>(random() % 12);
  for (int step = 0; step < steps; ++step) {
    body.instruction(kLocalGet, 0);
    constant(body, any());
    constexpr std::uint8_t kOperations[] = {0x6a, 0x6b, 0x6c, 0x73, 0x77};  // + - * xor rotl
    body.byte(kOperations[random() % 5]);
    constant(body, any() & 0x7fff);
    body.bytes({0x71, 0x28, 2, 0});  // i32.and, i32.load
    body.instruction(kLocalGet, 1);
    body.bytes({0x6a});  // i32.add
    body.instruction(kLocalSet, 1);
    body.instruction(kLocalGet, 1);
    body.bytes({0x04, 0x40});  // if
    body.instruction(kLocalGet, 1);
    constant(body, any());
    body.byte(0x73);  // i32.xor
    body.instruction(kLocalSet, 0);
    body.byte(kEnd);
  }
  body.bytes({0x03, 0x40});  // loop
  constant(body, 64);
  body.instruction(kLocalGet, 1);
  body.bytes({0x36, 2, 0});  // i32.store
  body.instruction(kLocalGet, 1);
  constant(body, 3);
  body.byte(0x76);                       // i32.shr_u
  body.bytes({0x22, 1, 0x0d, 0, kEnd});  // local.tee 1, br_if the loop
  body.instruction(kLocalGet, 1);
  if (index > kFirstFiller) {
    body.instruction(kCall, kFirstFiller + random() % (index - kFirstFiller));
  }
  body.byte(kEnd);
  return sized(std::move(body));
}

void writeData(Writer& to) {
  Writer data;
  data.unsignedNumber(3);
  const auto segment = [&](std::uint8_t at, std::string_view text) {
    data.bytes({0, kI32Const, at, kEnd});
    data.name(text);
  };
  segment(0, "content-type");
  segment(16, "text/plain");
  segment(32, kModuleAnswer);
  to.section(kDataSection, data.view());
}

struct Filler {
  std::uint32_t count = 0;
  Writer bodies;
};

std::vector<std::uint8_t> assemble(const Filler& filler) {
  Writer module;
  wasm::writePreamble(module);
  writeTypes(module);
  writeImports(module);
  Writer functions;
  functions.unsignedNumber(2 + filler.count);
  functions.bytes({kHandleRequest, kHandleResponse});
  for (std::uint32_t i = 0; i < filler.count; ++i) functions.byte(kFiller);
  module.section(kFunctionSection, functions.view());
  writeMemoryAndExports(module);
  Writer code;
  code.unsignedNumber(2 + filler.count);
  code.bytes(handleRequest());
  code.bytes({2, 0, kEnd});
  code.bytes(filler.bodies.view());
  module.section(kCodeSection, code.view());
  writeData(module);
  return module.take();
}

/// A custom section that makes up `size` bytes with its header.
void pad(Writer& to, std::size_t size) {
  constexpr std::size_t kHeader = 1 + 2 + 4;  // id, size in two bytes, the name "pad"
  Writer section;
  section.name("pad");
  for (std::size_t i = kHeader; i < size; ++i) section.byte(0);
  to.byte(kCustomSection);
  to.bytes({static_cast<std::uint8_t>(0x80 | (section.size() & 0x7f)),
            static_cast<std::uint8_t>(section.size() >> 7)});
  to.bytes(section.view());
}

}  // namespace

std::string makeModule(std::size_t size, std::uint32_t seed) {
  if (size < kSmallestModule) throw std::invalid_argument("a module needs more bytes");
  // What the filler is not: sizes that grow by a few bytes with it, and the padding.
  constexpr std::size_t kSpare = 460;
  std::mt19937 random(seed);
  Filler functions;
  while (true) {
    const auto next = filler(kFirstFiller + functions.count, random);
    if (functions.bodies.size() + functions.count + next.size() + kSpare > size) break;
    functions.bodies.bytes(next);
    ++functions.count;
  }
  Writer module;
  module.bytes(assemble(functions));
  pad(module, size - module.size());
  const auto bytes = module.view();
  return {bytes.begin(), bytes.end()};
}

}  // namespace skiff::bench
