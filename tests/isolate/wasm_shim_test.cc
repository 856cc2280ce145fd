#include <gtest/gtest.h>

#include "isolate/wasm/rewrite.h"
#include "tests/isolate/wasm_tools.h"

namespace skiff::wasm {
namespace {

/// A shim with host functions that log their arguments and answer from a list.
constexpr std::string_view kInstantiate = R"(
  const shimModule = new WebAssembly.Module(modules[0]);
  const log = [];
  const answers = [];
  const host = { wait: () => { log.push('wait'); } };
  for (const { name } of WebAssembly.Module.imports(shimModule)) {
    if (name.startsWith('try:')) host[name] = (...args) => { log.push(`${name}(${args})`); return answers.shift(); };
  }
  const shim = new WebAssembly.Instance(shimModule, { skiff: host }).exports;
  const show = (value) => { console.log(log.splice(0).join(' '), value); };
)";

std::string runShim(std::string_view script) {
  return runInEngine(buildShim(testModules()[0]), std::string(kInstantiate) + std::string(script));
}

TEST(Shim, StandsInFrontOfEveryFunction) {
  EXPECT_EQ(runShim("console.log(Object.keys(shim).join(' '));"),
            "plain wide waiting waiting_wide waiting_nothing\n");
  EXPECT_EQ(runShim(R"(
    console.log(WebAssembly.Module.imports(shimModule).map((i) => `${i.module}/${i.name}`).join(' '));
  )"),
            "skiff/try:plain skiff/try:wide skiff/try:waiting skiff/try:waiting_wide "
            "skiff/try:waiting_nothing skiff/wait\n");
}

TEST(Shim, SplitsI64ParametersLowWordFirst) {
  EXPECT_EQ(runShim(R"(
    answers.push(0); show(shim.wide(0x123456789abcdef0n));
    answers.push(0); show(shim.wide(-2n));
    answers.push(5); show(shim.waiting(7, 0x100000002n));
  )"),
            "try:wide(-1698898192,305419896) 0n\n"
            "try:wide(-2,-1) 0n\n"
            "try:waiting(7,2,1) 5\n");
}

TEST(Shim, WidensResults) {
  EXPECT_EQ(runShim(R"(
    for (const answer of [0, 1, 2 ** 53 - 1, -1, -7, NaN]) { answers.push(answer); show(shim.wide(0n)); }
  )"),
            "try:wide(0,0) 0n\n"
            "try:wide(0,0) 1n\n"
            "try:wide(0,0) 9007199254740991n\n"
            "try:wide(0,0) -1n\n"  // does not wait: -1 is an answer like others
            "try:wide(0,0) -7n\n"
            "try:wide(0,0) 0n\n");
}

TEST(Shim, WaitsAndTriesAgainWithTheSameArguments) {
  EXPECT_EQ(runShim(R"(
    answers.push(-1, -1, 3); show(shim.waiting(7, 1n));
    answers.push(-1, 2 ** 40); show(shim.waiting_wide());
    answers.push(-1, 0); show(shim.waiting_nothing(9));
    answers.push(0); show(shim.waiting_nothing(9));
    answers.push(-2); show(shim.waiting(0, 0n));
  )"),
            "try:waiting(7,1,0) wait try:waiting(7,1,0) wait try:waiting(7,1,0) 3\n"
            "try:waiting_wide() wait try:waiting_wide() 1099511627776n\n"
            "try:waiting_nothing(9) wait try:waiting_nothing(9) undefined\n"
            "try:waiting_nothing(9) undefined\n"
            "try:waiting(0,0,0) -2\n");
}

TEST(Shim, SuspendsAGuestThatWaits) {
  // A guest behind the shim, entered by a promising export; `wait` suspends until it is told.
  const Bytes guest = assemble(R"((module
    (import "host" "waiting" (func $waiting (param i32 i64) (result i32)))
    (func (export "run") (result i32)
      (i32.add (call $waiting (i32.const 1) (i64.const 2)) (i32.const 100)))))");
  const Bytes modules[] = {buildShim(testModules()[0]), guest};
  EXPECT_EQ(runInEngine(modules, R"(
    let answer = -1, wake;
    const shimModule = new WebAssembly.Module(modules[0]);
    const host = { wait: new WebAssembly.Suspending(() => new Promise((resolve) => { wake = resolve; })) };
    for (const { name } of WebAssembly.Module.imports(shimModule)) {
      if (name.startsWith('try:')) host[name] = () => answer;
    }
    const shim = new WebAssembly.Instance(shimModule, { skiff: host }).exports;
    const guest = new WebAssembly.Instance(new WebAssembly.Module(modules[1]), { host: shim }).exports;
    const run = WebAssembly.promising(guest.run);
    let done = false;
    const first = run().then((value) => { done = true; console.log('value', value); });
    setImmediate(() => {
      console.log('done', done);
      answer = 5;
      wake();
      first.then(() => { console.log('plain', guest.run()); });
    });
  )"),
            "done false\nvalue 105\nplain 105\n");
}

TEST(Shim, IsAModuleEvenIfNothingNeedsIt) {
  const Bytes bytes = buildShim(testModules()[1]);
  EXPECT_EQ(engineError(bytes), "");
  EXPECT_TRUE(parseModule(bytes, 1_MiB));
}

}  // namespace
}  // namespace skiff::wasm
