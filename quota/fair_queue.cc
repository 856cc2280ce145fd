#include "quota/fair_queue.h"

#include <algorithm>

namespace skiff {

void FairQueue::push(FairFlow& flow, FairItem& item, FairWeights weights) {
  FairGroup& group = flow.group_;
  group.weight_ = std::max(1U, weights.tenant);
  flow.weight_ = std::max(1U, weights.app);
  if (!group.is_linked()) {
    group.time_ = std::max(group.time_, time_);
    groups_.insert(group);
  }
  if (!flow.is_linked()) {
    flow.time_ = std::max(flow.time_, group.flowTime_);
    group.flows_.insert(flow);
    flow.queue_ = this;
  }
  flow.items_.push_back(item);
  item.flow_ = &flow;
  ++group.size_;
  ++size_;
}

FairItem* FairQueue::first() {
  return groups_.empty() ? nullptr : &groups_.begin()->flows_.begin()->items_.front();
}

FairItem* FairQueue::pop() {
  if (groups_.empty()) return nullptr;
  FairFlow& flow = *groups_.begin()->flows_.begin();
  return take(flow, flow.items_.front());
}

void FairQueue::charge(FairFlow& flow, double cost) {
  FairGroup& group = flow.group_;
  const bool groupWaits = group.is_linked();
  const bool flowWaits = flow.is_linked();
  if (groupWaits) groups_.erase(groups_.iterator_to(group));
  if (flowWaits) group.flows_.erase(group.flows_.iterator_to(flow));
  // One that did not wait here for its turn has not been brought up to the present.
  group.time_ = std::max(group.time_, time_) + cost / group.weight_;
  flow.time_ = std::max(flow.time_, group.flowTime_) + cost / flow.weight_;
  if (flowWaits) group.flows_.insert(flow);
  if (groupWaits) groups_.insert(group);
}

FairItem& FairQueue::shed() {
  const auto excess = [](const FairGroup& group) {
    return static_cast<double>(group.size_) / group.weight_;
  };
  const auto most = std::max_element(
      groups_.begin(), groups_.end(),
      [&](const FairGroup& a, const FairGroup& b) { return excess(a) < excess(b); });
  // The flow of it that is furthest ahead.
  FairItem& item = most->flows_.rbegin()->items_.back();
  item.leave();
  return item;
}

void FairQueue::removed(FairFlow& flow) {
  FairGroup& group = flow.group_;
  --group.size_;
  --size_;
  if (!flow.items_.empty()) return;
  group.flows_.erase(group.flows_.iterator_to(flow));
  flow.queue_ = nullptr;
  if (group.flows_.empty()) groups_.erase(groups_.iterator_to(group));
}

}  // namespace skiff
