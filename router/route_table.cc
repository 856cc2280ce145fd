#include "router/route_table.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <numeric>
#include <utility>

#include "router/host_name.h"
#include "router/segment_trie.h"

namespace skiff {
namespace {

using Node = SegmentTrie::Node;
constexpr std::uint32_t kNothing = UINT32_MAX;

/// What a node leads to. The tree of hosts is walked label by label from the last to the first;
/// each host that has routes leads on to a tree of its paths, walked segment by segment.
struct Place {
  std::uint32_t exact = kNothing;  ///< host: root of its paths; path: route of exactly this path
  std::uint32_t beyond =
      kNothing;  ///< host: root for all hosts below it; path: route of the prefix
};

/// The host tree's root; below it are all hosts, so its `beyond` is "any host".
constexpr Node kHosts = 0;
/// A host of 255 bytes has at most 128 labels, and "any" comes on top.
constexpr std::size_t kMaxCandidates = HostName::kMaxLength / 2 + 2;

/// Calls `visit(label)` from the last label to the first, as long as it answers true.
template <class Visit>
void forEachLabel(std::string_view host, Visit visit) {
  while (!host.empty()) {
    const std::size_t dot = host.rfind('.');
    const std::size_t begin = dot == std::string_view::npos ? 0 : dot + 1;
    if (!visit(host.substr(begin))) return;
    host = host.substr(0, begin == 0 ? 0 : dot);
  }
}

std::string conflictMessage(const RouteSpec& first, const RouteSpec& second) {
  const std::string priority = std::to_string(first.priority);
  if (first.owner == second.owner) {
    return "route \"" + first.pattern.text() + "\" is there twice in " + first.owner +
           " with priority " + priority + ": remove one of them";
  }
  return "route \"" + first.pattern.text() + "\" is claimed by both " + first.owner + " and " +
         second.owner + " with priority " + priority +
         ": change one of the routes, or give the one that is to win a higher priority";
}

}  // namespace

struct RouteTable::Index {
  struct Route {
    RouteTarget target;
    std::string pattern;
  };

  std::vector<Route> routes;
  std::vector<Place> places;  // by node
  SegmentTrie trie;
  std::size_t specCount = 0;

  /// The best route for `path` among those below `root`, or kNothing.
  std::uint32_t findPath(Node root, std::string_view path) const;
};

namespace {

/// Builds the trie and the places of its nodes together.
class IndexBuilder {
 public:
  IndexBuilder() { addRoot(); }

  void add(const RoutePattern& pattern, std::uint32_t route) {
    addPath(pathsOf(pattern), pattern, route);
  }

  std::vector<Place> takePlaces() { return std::move(places_); }
  SegmentTrie makeTrie() const { return SegmentTrie(builder_); }

 private:
  Node addRoot() { return known(builder_.addRoot()); }
  Node addChild(Node parent, std::string_view name) {
    return known(builder_.addChild(parent, name));
  }
  Node known(Node node) {
    if (node >= places_.size()) places_.resize(node + 1);
    return node;
  }

  /// The root of the paths of the pattern's host, made if there is none.
  Node pathsOf(const RoutePattern& pattern) {
    Node node = kHosts;
    forEachLabel(pattern.host, [&](std::string_view label) {
      node = addChild(node, label);
      return true;
    });
    const auto which =
        pattern.hostKind == RoutePattern::Host::exact ? &Place::exact : &Place::beyond;
    if (places_[node].*which == kNothing) {
      const Node root = addRoot();
      places_[node].*which = root;
    }
    return places_[node].*which;
  }

  void addPath(Node node, const RoutePattern& pattern, std::uint32_t route) {
    const bool prefix = pattern.pathKind == RoutePattern::Path::prefix;
    std::string_view rest = pattern.path;
    // A prefix ends in "/", and belongs to the segment in front of that.
    if (prefix) rest.remove_suffix(1);
    while (!rest.empty()) {
      rest.remove_prefix(1);  // the "/" in front of the segment
      const std::size_t end = std::min(rest.find('/'), rest.size());
      node = addChild(node, rest.substr(0, end));
      rest.remove_prefix(end);
    }
    (prefix ? places_[node].beyond : places_[node].exact) = route;
  }

  SegmentTrieBuilder builder_;
  std::vector<Place> places_;
};

}  // namespace

std::uint32_t RouteTable::Index::findPath(Node node, std::string_view path) const {
  std::uint32_t best = places[node].beyond;
  for (std::string_view rest = path; !rest.empty();) {
    rest.remove_prefix(1);
    const std::size_t end = std::min(rest.find('/'), rest.size());
    node = trie.child(node, rest.substr(0, end));
    if (node == SegmentTrie::kNone) return best;
    if (places[node].beyond != kNothing) best = places[node].beyond;
    rest.remove_prefix(end);
  }
  return places[node].exact != kNothing ? places[node].exact : best;
}

RouteTable::RouteTable() : index_(nullptr) {}
RouteTable::~RouteTable() = default;
RouteTable::RouteTable(RouteTable&&) noexcept = default;
RouteTable& RouteTable::operator=(RouteTable&&) noexcept = default;

Result<RouteTable, RouteConflicts> RouteTable::build(std::span<const RouteSpec> routes) {
  std::vector<std::string> texts;
  texts.reserve(routes.size());
  for (const RouteSpec& route : routes) texts.push_back(route.pattern.text());

  // Routes of one pattern side by side, the one that wins in front; among equals in the given
  // order.
  std::vector<std::size_t> order(routes.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    if (const int compared = texts[a].compare(texts[b])) return compared < 0;
    return routes[a].priority > routes[b].priority;
  });

  RouteConflicts conflicts;
  auto index = std::make_unique<Index>();
  IndexBuilder builder;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const RouteSpec& route = routes[order[i]];
    const bool samePattern = i > 0 && texts[order[i]] == texts[order[i - 1]];
    if (samePattern) {
      const RouteSpec& previous = routes[order[i - 1]];
      if (previous.priority == route.priority) {
        conflicts.push_back({conflictMessage(previous, route), previous.owner, route.owner});
      }
      continue;
    }
    builder.add(route.pattern, static_cast<std::uint32_t>(index->routes.size()));
    index->routes.push_back({route.target, texts[order[i]]});
  }
  if (!conflicts.empty()) return conflicts;

  index->places = builder.takePlaces();
  index->trie = builder.makeTrie();
  index->specCount = routes.size();
  RouteTable table;
  table.index_ = std::move(index);
  return table;
}

bool RouteTable::lookup(std::string_view host, std::string_view path, RouteMatch& match) const {
  if (!index_ || !path.starts_with('/')) return false;
  HostName name;
  if (!name.assign(host)) return false;

  // The roots of the paths to look at, the least specific first.
  std::array<Node, kMaxCandidates> candidates;
  std::size_t count = 0;
  const auto consider = [&](std::uint32_t root) {
    if (root != kNothing) candidates[count++] = root;
  };
  Node node = kHosts;
  consider(index_->places[node].beyond);
  const char* const first = name.text().data();
  forEachLabel(name.text(), [&](std::string_view label) {
    node = index_->trie.child(node, label);
    if (node == SegmentTrie::kNone) return false;
    const bool whole = label.data() == first;
    consider(whole ? index_->places[node].exact : index_->places[node].beyond);
    return true;
  });

  while (count > 0) {
    const std::uint32_t route = index_->findPath(candidates[--count], path);
    if (route == kNothing) continue;
    match = {index_->routes[route].target, index_->routes[route].pattern};
    return true;
  }
  return false;
}

std::size_t RouteTable::size() const {
  return index_ ? index_->specCount : 0;
}

}  // namespace skiff
