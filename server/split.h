#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "server/app_spec.h"

namespace skiff {

struct RequestHead;

/// How an app's requests are spread over its versions. Immutable; any thread.
///
/// The weights lie side by side on a circle of 2^32 places, in the order of the split. A request
/// goes where its place is; those of one sticky key have one place. So a change of weights moves
/// only the keys between the old border and the new one.
class Split {
 public:
  Split() = default;
  /// REQUIRES: some weight is above 0, or there is none.
  explicit Split(std::vector<std::uint32_t> weights, StickyKey sticky = {});

  std::size_t size() const { return ends_.size(); }
  /// Which version has this place: an index of the weights. REQUIRES: size() != 0.
  std::size_t at(std::uint32_t place) const;
  /// Where the request belongs by its sticky key; nothing if it has none, and may go anywhere.
  /// `address`: the client's, "127.0.0.1:49152", "[::1]:49152".
  std::optional<std::uint32_t> placeOf(const RequestHead& request, std::string_view address) const;

 private:
  std::vector<std::uint64_t> ends_;  ///< of each version's part of the circle, rising
  StickyKey sticky_;
};

}  // namespace skiff
