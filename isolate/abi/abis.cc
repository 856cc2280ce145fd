// The list of what there is: a further ABI, or import namespace, is added here.
#include <algorithm>
#include <array>

#include "isolate/abi/entry_abi.h"
#include "isolate/abi/env.h"
#include "isolate/abi/http_handler_functions.h"
#include "isolate/abi/wasi.h"

namespace skiff {

const EntryAbi* detectAbi(std::span<const std::string_view> exportedFunctions) {
  const auto exports = [&](std::string_view name) {
    return std::find(exportedFunctions.begin(), exportedFunctions.end(), name) !=
           exportedFunctions.end();
  };
  // First, since a handler may have a `_start` too, for its initialisation.
  if (exports("handle_request")) return &httpHandlerAbi();
  if (exports("_start")) return &cgiAbi();
  return nullptr;
}

std::span<const HostModule> hostModules() {
  static const std::array modules = {httpHandlerModule(), wasiModule(), envModule()};
  return modules;
}

}  // namespace skiff
