#pragma once

#include <v8.h>

namespace skiff {

class GuestIsolate;

/// The object that modules are instantiated with: every import namespace of hostModules(), its
/// functions as plain V8 functions or behind the namespace's shim. REQUIRES: the isolate is
/// entered.
v8::MaybeLocal<v8::Object> buildImports(GuestIsolate& isolate, v8::Local<v8::Context> context,
                                        v8::Local<v8::Object> webAssembly);

/// growthModule()'s function, as a function of WebAssembly.
v8::MaybeLocal<v8::Function> buildMayGrow(GuestIsolate& isolate, v8::Local<v8::Context> context,
                                          v8::Local<v8::Object> webAssembly);

/// A function that loops for a while: a pending termination strikes in it and nowhere later.
v8::Local<v8::Function> buildStopFunction(GuestIsolate& isolate, v8::Local<v8::Context> context,
                                          v8::Local<v8::Object> webAssembly);

}  // namespace skiff
