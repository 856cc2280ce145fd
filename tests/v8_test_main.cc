// Runs GoogleTest inside the engine's executable.
#include "tests/v8_test_engine.h"

#include <gmock/gmock.h>

#include "isolate/addon_entry.h"

namespace skiff {
namespace {
Engine* theEngine = nullptr;
}

Engine& testEngine() {
  return *theEngine;
}

int addonMain(Engine& engine, const std::vector<std::string>& arguments) {
  theEngine = &engine;
  std::vector<std::string> copies = arguments;
  std::vector<char*> values;
  for (std::string& copy : copies) values.push_back(copy.data());
  values.push_back(nullptr);
  int count = static_cast<int>(copies.size());
  testing::InitGoogleMock(&count, values.data());
  return RUN_ALL_TESTS();
}

}  // namespace skiff
