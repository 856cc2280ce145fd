#pragma once

#include <boost/intrusive/list.hpp>
#include <boost/intrusive/set.hpp>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace skiff {

class FairFlow;
class FairGroup;
class FairQueue;

/// What an item's tenant, and its app among the tenant's apps, weigh. Each at least 1.
struct FairWeights {
  std::uint32_t tenant = 1;
  std::uint32_t app = 1;
};

using FairItemHook =
    boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;

/// What can wait in a FairQueue; leaves it when it is destroyed. While it is in none, its hook may
/// be used for another list of FairItems.
class FairItem : public FairItemHook {
 public:
  FairItem() = default;
  FairItem(const FairItem&) = delete;
  FairItem& operator=(const FairItem&) = delete;
  /// Leaves the queue or the list that it is in, if any.
  void leave();

 protected:
  ~FairItem() { leave(); }

 private:
  friend class FairQueue;
  FairFlow* flow_ = nullptr;
};

/// The items of one app, first in first out.
class FairFlow : public boost::intrusive::set_base_hook<> {
 public:
  /// REQUIRES: the group outlives it.
  explicit FairFlow(FairGroup& group) : group_(group) {}
  /// REQUIRES: nothing waits in it.
  ~FairFlow() = default;
  FairFlow(const FairFlow&) = delete;
  FairFlow& operator=(const FairFlow&) = delete;

  bool empty() const { return items_.empty(); }

 private:
  friend class FairGroup;
  friend class FairItem;
  friend class FairQueue;
  friend bool operator<(const FairFlow& a, const FairFlow& b) { return a.time_ < b.time_; }

  using Items = boost::intrusive::list<FairItem, boost::intrusive::constant_time_size<false>>;

  FairGroup& group_;
  FairQueue* queue_ = nullptr;  ///< while something waits in it
  double time_ = 0;
  std::uint32_t weight_ = 1;
  Items items_;
};

/// The items of one tenant: its flows share what the tenant gets, by their own weights.
class FairGroup : public boost::intrusive::set_base_hook<> {
 public:
  /// REQUIRES: none of its flows is left.
  ~FairGroup() = default;
  FairGroup() = default;
  FairGroup(const FairGroup&) = delete;
  FairGroup& operator=(const FairGroup&) = delete;

  std::size_t size() const { return size_; }  ///< items that wait

 private:
  friend class FairFlow;
  friend class FairItem;
  friend class FairQueue;
  friend bool operator<(const FairGroup& a, const FairGroup& b) { return a.time_ < b.time_; }

  double time_ = 0;
  std::uint32_t weight_ = 1;
  std::size_t size_ = 0;
  boost::intrusive::multiset<FairFlow> flows_;  ///< those in which something waits
  double flowTime_ = 0;
};

/// Items in an order that is fair by weight between tenants, then between the apps of each:
/// start-time fair queueing. Each tenant has a virtual time that goes on by what its items are said
/// to cost, divided by its weight; who is furthest behind is next. The same holds for the apps of
/// each, among themselves. Who had nothing waiting saves nothing up.
///
/// Allocates nothing. One thread.
class FairQueue {
 public:
  FairQueue() = default;
  /// REQUIRES: empty.
  ~FairQueue() = default;
  FairQueue(const FairQueue&) = delete;
  FairQueue& operator=(const FairQueue&) = delete;

  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }

  /// `weights`: as they are at this moment. REQUIRES: the item waits nowhere.
  void push(FairFlow& flow, FairItem& item, FairWeights weights);

  /// The next item; nullptr if there is none.
  FairItem* first();
  /// Takes the next item; nullptr if there is none.
  FairItem* pop();
  /// What is said to an item that is offered.
  enum class Offer : std::uint8_t {
    taken,
    declined,
    groupDeclined,  ///< and so would be whatever else its tenant has
  };
  /// Offers the first item of each flow to `take`, in order, until it takes one; nullptr if it
  /// takes none. What it takes is in no queue any more. It answers an Offer, or whether it took it.
  template <class Take>
  FairItem* popFirst(Take take);

  /// What an item of the flow has cost, in any unit that is always the same.
  void charge(FairFlow& flow, double cost);

  /// Takes the item that came last of the tenant that has most waiting in proportion to its weight.
  /// REQUIRES: not empty.
  FairItem& shed();

 private:
  friend class FairItem;
  void removed(FairFlow& flow);
  FairItem* take(FairFlow& flow, FairItem& item);

  boost::intrusive::multiset<FairGroup> groups_;  ///< those in which something waits
  double time_ = 0;
  std::size_t size_ = 0;
};

inline void FairItem::leave() {
  if (!is_linked()) return;
  unlink();
  if (FairFlow* const flow = flow_) {
    flow_ = nullptr;
    flow->queue_->removed(*flow);
  }
}

inline FairItem* FairQueue::take(FairFlow& flow, FairItem& item) {
  time_ = flow.group_.time_;
  flow.group_.flowTime_ = flow.time_;
  item.leave();
  return &item;
}

template <class Take>
FairItem* FairQueue::popFirst(Take accept) {
  for (FairGroup& group : groups_) {
    for (FairFlow& flow : group.flows_) {
      FairItem& item = flow.items_.front();
      const auto answer = accept(item);
      if constexpr (std::is_same_v<decltype(answer), const bool>) {
        if (answer) return take(flow, item);
      } else {
        if (answer == Offer::taken) return take(flow, item);
        if (answer == Offer::groupDeclined) break;
      }
    }
  }
  return nullptr;
}

}  // namespace skiff
