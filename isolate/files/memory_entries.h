#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <boost/smart_ptr/intrusive_ptr.hpp>

#include "isolate/files/memory_budget.h"

namespace skiff::wasi {

class MemoryNode;
using MemoryNodePointer = boost::intrusive_ptr<MemoryNode>;

/// The names in a directory, found by name and listed in the order in which they came. Each entry
/// is claimed with its name and its nodes of both indexes.
class MemoryEntries {
 public:
  /// Cookies up to here are not an entry's: they stand for `.` and `..`.
  static constexpr std::uint64_t kLastReservedCookie = 2;

  /// `budget` must outlive it.
  explicit MemoryEntries(MemoryBudget& budget);
  ~MemoryEntries();

  bool empty() const { return byName_.empty(); }
  /// Null: there is none.
  MemoryNode* find(std::string_view name) const;

  /// False: the budget has no room, and nothing changed.
  /// REQUIRES: the name is free.
  [[nodiscard]] bool add(std::string_view name, MemoryNodePointer node);
  /// REQUIRES: the name is taken.
  MemoryNodePointer remove(std::string_view name);
  /// What the name stood for until now.
  /// REQUIRES: the name is taken.
  MemoryNodePointer replace(std::string_view name, MemoryNodePointer node);
  /// Only a longer name costs anything. False: the budget has no room, and nothing changed.
  /// REQUIRES: `name` is taken; `toName` is free in `to`, which may be this.
  [[nodiscard]] bool move(std::string_view name, MemoryEntries& to, std::string_view toName);

  using Take =
      std::function<bool(std::uint64_t cookie, std::string_view name, const MemoryNode& node)>;
  /// The entries that came behind `cookie`, until `take` answers false. An entry keeps its cookie
  /// while others come and go.
  void list(std::uint64_t cookie, const Take& take) const;
  /// Empties the directory into `nodes`.
  void moveTo(std::vector<MemoryNodePointer>& nodes);

 private:
  struct Entry {
    std::uint64_t cookie;
    MemoryNodePointer node;
  };
  // Ordered, not hashed: names are chosen by the guest, and with them it would choose collisions.
  using ByName = std::map<std::string, Entry, std::less<>>;
  using ByCookie = std::map<std::uint64_t, ByName::const_iterator>;

  static std::size_t costOf(std::string_view name);

  MemoryClaim claim_;
  ByName byName_;
  ByCookie byCookie_;
  std::uint64_t lastCookie_ = kLastReservedCookie;
};

}  // namespace skiff::wasi
