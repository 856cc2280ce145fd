#include "isolate/files/memory_entries.h"

#include <utility>

#include "isolate/files/memory_node.h"

namespace skiff::wasi {

MemoryEntries::MemoryEntries(MemoryBudget& budget) : claim_(budget) {}

MemoryEntries::~MemoryEntries() = default;

std::size_t MemoryEntries::costOf(std::string_view name) {
  return allocatedSize(kMapNodeSize + sizeof(ByName::value_type)) +
         allocatedSize(kMapNodeSize + sizeof(ByCookie::value_type)) +
         allocatedSize(name.size() + 1);
}

MemoryNode* MemoryEntries::find(std::string_view name) const {
  const auto found = byName_.find(name);
  return found == byName_.end() ? nullptr : found->second.node.get();
}

bool MemoryEntries::add(std::string_view name, MemoryNodePointer node) {
  if (!claim_.grow(costOf(name))) return false;
  const auto added = byName_.try_emplace(std::string(name), Entry{++lastCookie_, std::move(node)});
  byCookie_.try_emplace(byCookie_.end(), lastCookie_, added.first);
  return true;
}

MemoryNodePointer MemoryEntries::remove(std::string_view name) {
  const auto found = byName_.find(name);
  MemoryNodePointer node = std::move(found->second.node);
  byCookie_.erase(found->second.cookie);
  claim_.shrink(costOf(found->first));
  byName_.erase(found);
  return node;
}

MemoryNodePointer MemoryEntries::replace(std::string_view name, MemoryNodePointer node) {
  return std::exchange(byName_.find(name)->second.node, std::move(node));
}

bool MemoryEntries::move(std::string_view name, MemoryEntries& to, std::string_view toName) {
  const std::size_t oldCost = costOf(name);
  const std::size_t newCost = costOf(toName);
  if (newCost > oldCost && !to.claim_.grow(newCost - oldCost)) return false;
  claim_.handOver(oldCost, to.claim_);
  if (newCost < oldCost) to.claim_.shrink(oldCost - newCost);

  auto named = byName_.extract(byName_.find(name));
  auto ordered = byCookie_.extract(named.mapped().cookie);
  named.key() = std::string(toName);
  named.mapped().cookie = ordered.key() = ++to.lastCookie_;
  ordered.mapped() = to.byName_.insert(std::move(named)).position;
  to.byCookie_.insert(to.byCookie_.end(), std::move(ordered));
  return true;
}

void MemoryEntries::list(std::uint64_t cookie, const Take& take) const {
  for (auto at = byCookie_.upper_bound(cookie); at != byCookie_.end(); ++at) {
    const auto& [name, entry] = *at->second;
    if (!take(entry.cookie, name, *entry.node)) return;
  }
}

void MemoryEntries::moveTo(std::vector<MemoryNodePointer>& nodes) {
  while (!byName_.empty()) nodes.push_back(remove(byName_.begin()->first));
}

}  // namespace skiff::wasi
