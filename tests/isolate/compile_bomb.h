#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <vector>

namespace skiff::testing {

/// A command module of `functions` functions, () -> (), which repeat an instruction sequence for
/// `bytes` bytes each, between `head` (the locals' declarations and what comes before) and `tail`.
inline std::vector<std::uint8_t> repetitiveModule(std::size_t functions, std::size_t bytes,
                                                  const std::vector<std::uint8_t>& head,
                                                  const std::vector<std::uint8_t>& sequence,
                                                  const std::vector<std::uint8_t>& tail = {}) {
  using Bytes = std::vector<std::uint8_t>;
  const auto append = [](Bytes& to, const Bytes& what) {
    to.insert(to.end(), what.begin(), what.end());
  };
  const auto number = [](std::size_t value) {
    Bytes leb;
    for (; value >= 0x80; value >>= 7) leb.push_back(static_cast<std::uint8_t>(value | 0x80));
    leb.push_back(static_cast<std::uint8_t>(value));
    return leb;
  };
  const auto sized = [&](const Bytes& content) {
    Bytes whole = number(content.size());
    append(whole, content);
    return whole;
  };
  Bytes module{0, 'a', 's', 'm', 1, 0, 0, 0};
  const auto section = [&](std::uint8_t id, const Bytes& content) {
    module.push_back(id);
    append(module, sized(content));
  };
  Bytes body = head;
  while (body.size() < bytes) append(body, sequence);
  append(body, tail);
  body.push_back(0x0b);
  Bytes functionSection = number(functions);
  functionSection.resize(functionSection.size() + functions);
  Bytes code = number(functions);
  for (std::size_t i = 0; i < functions; ++i) append(code, sized(body));

  section(1, {1, 0x60, 0, 0});  // () -> ()
  section(3, functionSection);
  section(5, {1, 0, 1});  // a memory of one page
  section(7, {2, 6, 'm', 'e', 'm', 'o', 'r', 'y', 2, 0, 6, '_', 's', 't', 'a', 'r', 't', 0, 0});
  section(10, code);
  return module;
}

/// A module that is small to store and dear to compile: nothing but loops one behind the other. One
/// function of a few MB takes the optimiser gigabytes; many of 60 KB take it little memory, but
/// long (0.4 s each).
inline std::vector<std::uint8_t> compileBomb(std::size_t functions, std::size_t bytes) {
  // One local, i32. loop; local 0 += 1; br_if 0 (local 0); end
  return repetitiveModule(
      functions, bytes, {0x01, 0x01, 0x7f},
      {0x03, 0x40, 0x20, 0x00, 0x41, 0x01, 0x6a, 0x21, 0x00, 0x20, 0x00, 0x0d, 0x00, 0x0b});
}

}  // namespace skiff::testing
