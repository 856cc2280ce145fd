#include <gtest/gtest.h>

#include <chrono>

#include "isolate/wasm/rewrite.h"
#include "tests/isolate/wasm_tools.h"

namespace skiff::wasm {
namespace {

/// One of everything: each section, each type of global, each kind of segment, many instructions.
const Bytes& richModule() {
  static const Bytes bytes = assemble(R"((module
    (type $pair (func (param i32 i64) (result i32)))
    (import "host" "plain" (func $plain (param i32 i32) (result i32)))
    (import "host" "waiting" (func $waiting (type $pair)))
    (table 4 8 funcref)
    (memory (export "memory") 1 16)
    (tag $oops (param i32))
    (global $a (mut i32) (i32.const 1))
    (global $b (mut i64) (i64.const 0x123456789))
    (global $c (mut f32) (f32.const 1.5))
    (global $d (mut f64) (f64.const 2.5))
    (global $e (mut v128) (v128.const i32x4 1 2 3 4))
    (global $f funcref (ref.func $work))
    (func $start (global.set $a (i32.const 2)))
    (func $work (param $n i32) (result i32) (local i64 f64 v128)
      (block $out
        (loop $again
          (br_table $again $out (local.get $n)))
        (drop (i32.load offset=16 align=2 (i32.const 4))))
      (try (do (throw $oops (i32.const 1))) (catch $oops (drop)) (catch_all))
      (i32.store8 (i32.const 9) (i32.trunc_sat_f64_s (f64.const 1e9)))
      (memory.copy (i32.const 0) (i32.const 1) (i32.const 2))
      (v128.store (i32.const 0) (i8x16.shuffle 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15
        (global.get $e) (global.get $e)))
      (drop (i32.atomic.rmw.add (i32.const 0) (i32.const 1)))
      (drop (select (result funcref) (ref.null func) (global.get $f) (i32.const 0)))
      (call_indirect (type $pair) (i32.const 1) (i64.const -5) (i32.const 0)))
    (func (export "handle_request") (result i64)
      (i64.extend_i32_s (call $plain (i32.const 1) (call $waiting (i32.const 1) (i64.const 2)))))
    (func (export "handle_response") (param i32 i32))
    (start $start)
    (elem (i32.const 0) $work $plain)
    (elem func $waiting)
    (data (i32.const 8) "hello")
    (data "passive")))");
  return bytes;
}

/// What preparation makes of any bytes: nothing if one of its steps refuses. Every refusal must say
/// something, and what was rewritten must parse. `accepted` is false if it was not refused for what
/// skiff does not allow, but as malformed.
Bytes prepareAny(const Bytes& bytes, bool& accepted) {
  const PrepareLimits limits;
  const auto module = parseModule(bytes, limits.maxModule);
  accepted = module.has_value();
  if (!accepted) {
    EXPECT_FALSE(module.error().what.empty());
    EXPECT_LE(module.error().offset.value_or(0), bytes.size());
    return {};
  }
  const auto check = checkModule(*module, testModules(), handlerAbi(), limits);
  // Rewriting must be total even for what the check refuses.
  auto rewritten = rewriteModule(bytes, *module, handlerAbi(), limits);
  if (check.has_error()) {
    EXPECT_FALSE(check.error().what.empty());
    return {};
  }
  if (!rewritten) {
    EXPECT_FALSE(rewritten.error().what.empty());
    accepted = false;
    return {};
  }
  const auto again = parseModule(rewritten->bytes, ByteSize(bytes.size() + 1'000'000));
  EXPECT_TRUE(again) << again.error().text();
  return std::move(rewritten->bytes);
}

/// The indices at which the engine takes an odd module (as it came), and the even one in front of
/// it was prepared badly or not at all.
std::string disagreements(const std::vector<Bytes>& preparedAndOriginal) {
  return runInEngine(preparedAndOriginal, R"(
    const valid = (bytes) => WebAssembly.validate(bytes);
    const bad = [];
    let taken = 0;
    for (let i = 0; i < modules.length; i += 2) {
      if (!valid(modules[i + 1])) continue;
      ++taken;
      if (modules[i].length > 0 && !valid(modules[i])) bad.push(i / 2);
    }
    process.stdout.write(bad.join(' '));
    if (taken < 10) process.stdout.write('hardly any module was valid');
  )");
}

/// The indices of the modules that are valid.
std::string takenByTheEngine(const std::vector<Bytes>& modules) {
  return runInEngine(modules, R"(
    process.stdout.write(modules.flatMap((m, i) => WebAssembly.validate(m) ? [i] : []).join(' '));
  )");
}

TEST(HostileModules, TheRichModuleItselfIsFine) {
  bool accepted = false;
  const Bytes prepared = prepareAny(richModule(), accepted);
  EXPECT_FALSE(prepared.empty());
  EXPECT_EQ(engineError(richModule()), "");
  EXPECT_EQ(engineError(prepared), "");
  EXPECT_EQ(parseModule(richModule(), 1_MiB)->notResettable, std::nullopt);
}

TEST(HostileModules, CutAnywhereTheyAreRefused) {
  const Bytes& whole = richModule();
  std::vector<Bytes> cuts;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    cuts.emplace_back(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
  }
  // But for the few cuts between sections that leave a whole, smaller module.
  const std::vector<std::string> engineSays = engineErrors(cuts);
  for (std::size_t size = 0; size < cuts.size(); ++size) {
    SCOPED_TRACE(size);
    const auto module = parseModule(cuts[size], 1_MiB);
    EXPECT_EQ(module.has_value(), engineSays[size].empty()) << engineSays[size];
  }
}

TEST(HostileModules, WithAnyBitFlippedTheyAreRefusedOrPreparedWell) {
  std::vector<Bytes> preparedAndOriginal;
  std::vector<Bytes> refused;
  for (std::size_t bit = 0; bit < richModule().size() * 8; ++bit) {
    SCOPED_TRACE(bit);
    Bytes flipped = richModule();
    flipped[bit / 8] ^= static_cast<std::uint8_t>(1u << bit % 8);
    bool accepted = false;
    Bytes prepared = prepareAny(flipped, accepted);
    if (!accepted) {
      refused.push_back(std::move(flipped));
    } else {
      preparedAndOriginal.push_back(std::move(prepared));
      preparedAndOriginal.push_back(std::move(flipped));
    }
  }
  EXPECT_EQ(disagreements(preparedAndOriginal), "");
  EXPECT_EQ(takenByTheEngine(refused), "") << "the engine takes what preparation refuses";
}

TEST(HostileModules, WithAnyByteReplacedTheyAreRefusedOrPreparedWell) {
  std::vector<Bytes> refused;
  std::vector<Bytes> preparedAndOriginal;
  for (std::size_t at = 0; at < richModule().size(); ++at) {
    for (const std::uint8_t value : {0x00, 0x01, 0x40, 0x7f, 0x80, 0xff}) {
      SCOPED_TRACE(at);
      Bytes changed = richModule();
      changed[at] = value;
      bool accepted = false;
      Bytes prepared = prepareAny(changed, accepted);
      if (!accepted) {
        refused.push_back(std::move(changed));
        continue;
      }
      preparedAndOriginal.push_back(std::move(prepared));
      preparedAndOriginal.push_back(std::move(changed));
    }
  }
  EXPECT_EQ(disagreements(preparedAndOriginal), "");
  EXPECT_EQ(takenByTheEngine(refused), "") << "the engine takes what preparation refuses";
}

TEST(HostileModules, WithAnyByteRemovedOrDoubledTheyAreRefusedOrPreparedWell) {
  for (std::size_t at = 0; at < richModule().size(); ++at) {
    SCOPED_TRACE(at);
    bool accepted = false;
    Bytes shorter = richModule();
    shorter.erase(shorter.begin() + static_cast<std::ptrdiff_t>(at));
    prepareAny(shorter, accepted);
    Bytes longer = richModule();
    longer.insert(longer.begin() + static_cast<std::ptrdiff_t>(at), longer[at]);
    prepareAny(longer, accepted);
  }
}

/// A module of one section that is as full as `maxModule` lets it be.
Bytes filled(std::uint8_t id, const Bytes& count, const Bytes& entry, std::size_t entries) {
  Bytes body = count;
  body.reserve(count.size() + entry.size() * entries);
  for (std::size_t i = 0; i < entries; ++i) body.insert(body.end(), entry.begin(), entry.end());
  return moduleOf({section(id, body)});
}

TEST(HostileModules, LargeOnesTakeTimeInProportion) {
  const Bytes million = {0xc0, 0x84, 0x3d};
  const struct {
    const char* name;
    Bytes bytes;
  } cases[] = {
      {"types", filled(1, million, {0x60, 0, 0}, 1'000'000)},
      {"memories", filled(5, million, {0, 0}, 1'000'000)},
      {"globals", filled(6, million, {0x7f, 1, 0x41, 0, 0x0b}, 1'000'000)},
      {"a constant expression of additions",
       [] {
         Bytes body = {1, 0x7f, 0, 0x41, 0};
         for (int i = 0; i < 10'000'000; ++i) body.insert(body.end(), {0x41, 0, 0x6a});
         body.push_back(0x0b);
         return moduleOf({section(6, body)});
       }()},
      {"exports with one name", filled(7, million, {0, 2, 0}, 1'000'000)},
      {"custom sections",
       [] {
         Bytes bytes = moduleOf({});
         for (int i = 0; i < 1'000'000; ++i) bytes.insert(bytes.end(), {0, 1, 0});
         return bytes;
       }()},
      {"unknown imports",
       [] {
         Bytes body = {0xc0, 0x84, 0x3d};
         for (int i = 0; i < 1'000'000; ++i) {
           body.insert(body.end(), {4, 'h', 'o', 's', 't', 5, 'p', 'l', 'a', 'i', 'm', 0, 0});
         }
         return moduleOf({section(1, {1, 0x60, 0, 0}), section(2, body)});
       }()},
  };
  for (const auto& test : cases) {
    SCOPED_TRACE(test.name);
    const auto start = std::chrono::steady_clock::now();
    bool accepted = false;
    prepareAny(test.bytes, accepted);
    // Seconds would be enough for a hundred times the work; squares of a million take hours.
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
  }
}

}  // namespace
}  // namespace skiff::wasm
