#pragma once

#include <v8.h>

#include "isolate/prepared_module.h"

namespace skiff {

struct PreparedModule::Compiled {
  v8::CompiledWasmModule module;
};

}  // namespace skiff
