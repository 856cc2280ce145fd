#include "isolate/guest_stack.h"

namespace skiff {
namespace {

/// Shims stand in a script of their own, and only at the inner end of a stack. The outermost frame
/// is the module's own: an entry's wrapper, an initialiser, or whatever the limit left. (A start
/// function that is imported would be the one exception; no host function has its type.)
StackOffsets offsetsOf(v8::Isolate* isolate, v8::Local<v8::StackTrace> trace) {
  StackOffsets offsets;
  if (trace.IsEmpty()) return offsets;
  int script = v8::Message::kNoScriptIdInfo;
  for (int i = trace->GetFrameCount(); i-- > 0;) {
    const v8::HandleScope scope(isolate);
    const auto frame = trace->GetFrame(isolate, static_cast<std::uint32_t>(i));
    if (!frame->IsWasm()) continue;
    if (script == v8::Message::kNoScriptIdInfo) script = frame->GetScriptId();
    if (frame->GetScriptId() != script) continue;
    offsets.push_back(static_cast<std::uint32_t>(frame->GetSourcePosition()));
  }
  return {offsets.rbegin(), offsets.rend()};
}

}  // namespace

StackOffsets currentStack(v8::Isolate* isolate) {
  return offsetsOf(isolate, v8::StackTrace::CurrentStackTrace(isolate, kMaxStackFrames));
}

StackOffsets stackOf(v8::Isolate* isolate, v8::Local<v8::Value> exception) {
  if (exception.IsEmpty() || !exception->IsObject()) return {};
  return offsetsOf(isolate, v8::Exception::GetStackTrace(exception));
}

}  // namespace skiff
