#pragma once

#include <boost/intrusive/list.hpp>

#include "quota/reason.h"

namespace skiff {

/// One client's connection, whatever is spoken over it. Owned by its ShardState; destroys itself
/// through it once it is over. One thread.
class ClientConnection : public boost::intrusive::list_base_hook<> {
 public:
  virtual ~ClientConnection() = default;

  // Each of these may destroy it.

  virtual void start() = 0;
  /// The shard has begun to drain.
  virtual void drain() = 0;
  /// Ends it now, with an answer for each exchange if the client takes it at once.
  virtual void abort(Reason reason) = 0;
};

}  // namespace skiff
