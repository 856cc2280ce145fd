// What the engine's executable finds when it loads an addon: a function `main` that runs addonMain.
#include "isolate/addon_entry.h"

#include <node.h>
#include <v8.h>

#include <cstdio>
#include <exception>

#include "isolate/engine.h"

namespace {

void runMain(const v8::FunctionCallbackInfo<v8::Value>& info) {
  v8::Isolate* const isolate = info.GetIsolate();
  std::vector<std::string> arguments;
  for (int i = 0; i < info.Length(); ++i) {
    const v8::String::Utf8Value text(isolate, info[i]);
    arguments.emplace_back(*text ? *text : "", text.length());
  }
  int status = 70;  // EX_SOFTWARE
  try {
    skiff::Engine engine(isolate);
    status = skiff::addonMain(engine, arguments);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "skiff: %s\n", error.what());
  }
  info.GetReturnValue().Set(status);
}

}  // namespace

NODE_MODULE_INIT() {
  (void)module;
  v8::Isolate* const isolate = v8::Isolate::GetCurrent();
  exports
      ->Set(context, v8::String::NewFromUtf8Literal(isolate, "main"),
            v8::Function::New(context, runMain).ToLocalChecked())
      .Check();
}
