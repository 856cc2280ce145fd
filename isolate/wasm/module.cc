#include "isolate/wasm/module.h"
