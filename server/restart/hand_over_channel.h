#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cstdint>
#include <functional>
#include <optional>

#include "deploy/blobs/descriptor.h"

namespace skiff {

/// What a daemon and its successor say to each other, in this order.
enum class HandOverWord : char {
  prepared = 'p',  ///< the successor: everything but the data folder's part is ready
  takeOver = 't',  ///< the daemon: I change nothing in the data folder any more; it is yours
  ready = 'r',     ///< the successor: I accept connections, and answer all requests
  quiet = 'q',     ///< the daemon: no request begins with me any more
};

/// Between a daemon and its successor: a pair of sockets, so that each notices at once when the
/// other is gone. On the thread that runs `context`.
class HandOverChannel {
 public:
  HandOverChannel(boost::asio::io_context& context, Descriptor end);

  /// `heard` is called with each word, and at last once with nothing: the other is gone, or talks
  /// nonsense. It may destroy the channel.
  void listen(std::function<void(std::optional<HandOverWord>)> heard);
  /// The other may be gone: then nobody hears it, and listen() tells.
  void say(HandOverWord word);

 private:
  void receive();

  boost::asio::posix::stream_descriptor end_;
  std::function<void(std::optional<HandOverWord>)> heard_;
};

}  // namespace skiff
