#include "isolate/wasm/preamble.h"

#include "isolate/wasm/binary.h"
#include "isolate/wasm/error_text.h"

namespace skiff::wasm {

namespace {

using namespace std::string_view_literals;

constexpr std::string_view kMagic = "\0asm"sv;

struct FileKind {
  std::string_view beginning;
  std::string_view what;
  std::string_view advice;
};

constexpr std::string_view kUnpack = "unpack it and deploy the .wasm file that is in it";
constexpr std::string_view kLink = "link it into a module with wasm-ld (or clang without -c)";
constexpr std::string_view kBuildForWasm =
    "build the program for WebAssembly, for example for the target wasm32-wasip1";

constexpr FileKind kFileKinds[] = {
    {"\x7f"
     "ELF",
     "this is a native Linux program (ELF)", kBuildForWasm},
    {"MZ", "this is a Windows program", kBuildForWasm},
    {"\xcf\xfa\xed\xfe", "this is a native macOS program", kBuildForWasm},
    {"#!", "this is a script", kBuildForWasm},
    {"\x1f\x8b", "this is compressed with gzip", "decompress it with gunzip first"},
    {"\x28\xb5\x2f\xfd", "this is compressed with zstd", "decompress it with unzstd first"},
    {"\xfd"
     "7zXZ",
     "this is compressed with xz", "decompress it with unxz first"},
    {"PK\x03\x04", "this is a zip archive", kUnpack},
    {"BC\xc0\xde", "this is LLVM bitcode", kLink},
    {"!<arch>", "this is a static library (an archive of object files)", kLink},
    {"<", "this is an HTML or XML document",
     "if it was downloaded, look into it: the server may have answered with an error page"},
    {"{", "this is a JSON document", "give the module itself, a .wasm file"},
};

std::optional<std::uint8_t> firstVisible(std::span<const std::uint8_t> bytes) {
  constexpr std::size_t kFar = 4'096;
  for (const std::uint8_t byte : bytes.first(std::min(bytes.size(), kFar))) {
    if (byte != ' ' && byte != '\t' && byte != '\r' && byte != '\n') return byte;
  }
  return std::nullopt;
}

ModuleError notWasm(std::span<const std::uint8_t> bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  for (const FileKind& kind : kFileKinds) {
    if (text.starts_with(kind.beginning)) {
      return {concat(kind.what, ", not a WebAssembly module"), 0, {}, std::string(kind.advice)};
    }
  }
  // "(module", or the comments ";; ..." and "(; ... ;)" in front of it.
  const auto visible = firstVisible(bytes);
  if (visible == '(' || visible == ';') {
    return {"this is WebAssembly's text format, not a binary module",
            0,
            {},
            "assemble it with wat2wasm or wasm-tools parse"};
  }
  return {R"(this is not a WebAssembly module: it does not begin with "\0asm")",
          0,
          {},
          "give the .wasm file that your compiler writes"};
}

}  // namespace

std::optional<ModuleError> checkPreamble(std::span<const std::uint8_t> bytes) {
  if (bytes.empty()) {
    return ModuleError{"the file is empty", 0, {}, "give the .wasm file that your compiler writes"};
  }
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (!text.starts_with(kMagic.substr(0, text.size()))) return notWasm(bytes);
  if (bytes.size() < kPreambleSize) {
    return ModuleError{concat("the file ends after ", counted(bytes.size(), "byte", "bytes"),
                              ", before the version of the format"),
                       bytes.size(),
                       {},
                       "the file is damaged or was cut short: build or copy it again"};
  }
  const std::string_view version = text.substr(4, 4);
  if (version == "\x01\0\0\0"sv) return std::nullopt;
  if (version.substr(2) == "\x01\0"sv) {
    return ModuleError{
        "this is a component (WebAssembly component model); skiff runs core modules",
        4,
        {},
        "build a core module, for example for the target wasm32-wasip1 (not wasm32-wasip2), or "
        "take the core module out of the component with wasm-tools"};
  }
  const unsigned number = bytes[4] | unsigned{bytes[5]} << 8;
  return ModuleError{concat("the module has version ", number, " of the binary format, layer ",
                            bytes[6] | unsigned{bytes[7]} << 8, "; skiff knows version 1"),
                     4,
                     {},
                     "build it with a toolchain that writes version 1"};
}

}  // namespace skiff::wasm
