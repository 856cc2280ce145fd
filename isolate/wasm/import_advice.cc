#include "isolate/wasm/import_advice.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <vector>

#include "isolate/wasm/error_text.h"

namespace skiff::wasm {

namespace {

/// What the module name of an import tells about the toolchain.
struct Origin {
  std::string_view modulePrefix;
  std::string_view advice;
};

constexpr std::string_view kPreviewOne =
    "build for WASI preview 1, for example for the target wasm32-wasip1";
constexpr std::string_view kNoJavaScript =
    "the module was built to run beside JavaScript, which skiff does not have: build for "
    "WASI preview 1, for example for the target wasm32-wasip1";
constexpr std::string_view kStatic = "the module is a shared library: link it statically";

constexpr Origin kOrigins[] = {
    {"wasi_unstable", kPreviewOne},
    {"wasi:", kPreviewOne},
    {"wasi-", kPreviewOne},
    {"wasi_ephemeral", kPreviewOne},
    {"gojs", "build Go programs with GOOS=wasip1 GOARCH=wasm"},
    {"__wbindgen", kNoJavaScript},
    {"wbg", kNoJavaScript},
    {"./", kNoJavaScript},
    {"fastly_",
     "skiff does not speak this ABI: build the program as an http-wasm handler or for "
     "WASI preview 1"},
    {"GOT.", kStatic},
};

constexpr std::string_view kUndefinedSymbol =
    "this may be a symbol that the linker did not find: link the library that defines it, and "
    "leave out --allow-undefined";

/// Levenshtein distance.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t k = 0; k < b.size(); ++k) {
      const std::size_t replaced = diagonal + (a[i] == b[k] ? 0 : 1);
      diagonal = row[k + 1];
      row[k + 1] = std::min({replaced, row[k] + 1, row[k + 1] + 1});
    }
  }
  return row.back();
}

/// How far a misspelt name may be from what was meant.
std::size_t tolerance(std::string_view name) {
  return std::max<std::size_t>(2, name.size() / 3);
}

struct Nearest {
  const HostModule* module = nullptr;
  const HostFunction* function = nullptr;
  std::size_t distance = std::numeric_limits<std::size_t>::max();
};

/// Names are the guest's and may be long, so what is no candidate by length is not compared.
Nearest findNearest(std::string_view module, std::string_view name,
                    std::span<const HostModule> modules) {
  constexpr std::size_t kLongest = 64;
  Nearest nearest;
  if (name.size() > kLongest || module.size() > kLongest) return nearest;
  for (const HostModule& candidate : modules) {
    const std::size_t moduleDistance = distance(module, candidate.name);
    for (const HostFunction& function : candidate.functions) {
      const std::size_t nameDistance = distance(name, function.name);
      // The right name in another namespace is always worth saying.
      const bool near = nameDistance == 0 ||
                        (nameDistance <= tolerance(name) && moduleDistance <= tolerance(module));
      if (near && nameDistance + moduleDistance < nearest.distance) {
        nearest = {&candidate, &function, nameDistance + moduleDistance};
      }
    }
  }
  return nearest;
}

std::string namespacesText(std::span<const HostModule> modules) {
  std::string text = "skiff has functions in ";
  for (std::size_t i = 0; i < modules.size(); ++i) {
    if (i > 0) text += i + 1 == modules.size() ? " and " : ", ";
    text += quoted(modules[i].name);
  }
  return text;
}

}  // namespace

std::string adviseUnknownImport(std::string_view module, std::string_view name,
                                std::span<const HostModule> modules) {
  for (const Origin& origin : kOrigins) {
    if (module.starts_with(origin.modulePrefix)) return std::string(origin.advice);
  }
  if (const Nearest nearest = findNearest(module, name, modules); nearest.function != nullptr) {
    return concat("did you mean ", quoted(nearest.function->name), " in ",
                  quoted(nearest.module->name), "?");
  }
  if (module == "env") return std::string(kUndefinedSymbol);
  if (modules.empty()) return "an app of this kind may import nothing";
  return namespacesText(modules);
}

}  // namespace skiff::wasm
