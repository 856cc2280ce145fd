#pragma once

#include <sys/epoll.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <cstddef>
#include <cstdint>

namespace skiff {

/// Told what happens to its socket.
class PolledClient {
 public:
  /// EPOLL* of epoll_ctl(2), edge-triggered. May remove itself, and be destroyed; may leave by an
  /// exception.
  virtual void onSocketEvents(std::uint32_t events) = 0;

 protected:
  ~PolledClient() = default;
};

/// Waits for the sockets of a shard's clients, on an epoll instance of its own, which the loop's
/// watches. Asio's own waiting asks each socket for more bytes after each request, which is a
/// system call that nearly always says that there are none: here, a read that came back short is
/// known to have taken all (epoll(7), question 9), and the next event is waited for.
///
/// Events are taken in batches. A guest that overruns inside an event takes its thread out of the
/// loop with an exception; the thread that goes on with the loop calls resume() to have the rest of
/// the batch told. One thread at a time: the one that runs the loop.
class ClientPoller {
 public:
  /// Throws std::system_error if the system has no further descriptor.
  explicit ClientPoller(boost::asio::io_context& context);
  ClientPoller(const ClientPoller&) = delete;
  ClientPoller& operator=(const ClientPoller&) = delete;

  /// Tells of bytes and of the client's end, from now on. False, with errno, if the system has no
  /// room for it.
  bool add(int descriptor, PolledClient& client);
  /// Tells `client` instead of `before` from now on, and at once of what is there already.
  void replace(int descriptor, PolledClient& before, PolledClient& client);
  /// And, from now on, of room for bytes as well, now if there is some.
  void awaitRoom(int descriptor, PolledClient& client);
  /// Tells nothing more. `descriptor`: still open, or -1 if it is another client's by now. Closing
  /// it would not do: the system tells of a socket for as long as anybody has it open, and a
  /// process that is being started has a copy until it executes its program.
  void remove(int descriptor, PolledClient& client);

  /// Goes on where an exception has interrupted it. From the loop.
  void resume();
  /// Waits for nothing any more, so that the loop may end.
  void stop();

 private:
  static constexpr std::size_t kBatch = 64;

  void wait();
  void forget(const PolledClient& client);
  void takeBatch();
  void tellBatch();

  boost::asio::io_context& context_;
  boost::asio::posix::basic_stream_descriptor<boost::asio::io_context::executor_type> epoll_;
  bool waiting_ = false;
  bool stopped_ = false;
  std::array<epoll_event, kBatch> batch_;
  std::size_t next_ = 0;   ///< of the batch, to be told
  std::size_t count_ = 0;  ///< in the batch
};

}  // namespace skiff
