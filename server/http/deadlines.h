#pragma once

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/intrusive/list.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "server/http/http_limits.h"

namespace skiff {

/// What a connection is given only so much time for.
enum class DeadlineKind : std::uint8_t {
  idle,       ///< between requests
  head,       ///< a head has begun
  body,       ///< somebody waits for body bytes
  write,      ///< the client takes nothing
  linger,     ///< everything is sent; the client should close
  probe,      ///< the socket is not read: look whether the client is still there
  handshake,  ///< TLS begins
  parting,    ///< between requests, or TLS begins, while the front end drains
};

class DeadlineOwner {
 public:
  /// The time is up; the deadline is disarmed.
  virtual void onDeadline(DeadlineKind kind) = 0;

 protected:
  ~DeadlineOwner() = default;
};

/// One deadline of an owner; part of it. Leaves its queue when destroyed.
class Deadline : public boost::intrusive::list_base_hook<
                     boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
 public:
  explicit Deadline(DeadlineOwner& owner) : owner_(owner) {}

  bool isArmed(DeadlineKind kind) const { return is_linked() && kind_ == kind; }
  void disarm() { unlink(); }

 private:
  friend class Deadlines;
  DeadlineOwner& owner_;
  DeadlineKind kind_ = DeadlineKind::idle;
  std::chrono::steady_clock::time_point due_;
};

/// The deadlines of a shard's connections. All of a kind are equally long, so each kind is a queue
/// in order of time: arming costs a clock reading and four pointers, and one coarse timer for all,
/// which runs only while something is armed, looks at the queues' fronts. One thread.
class Deadlines {
 public:
  Deadlines(boost::asio::io_context& context, const HttpLimits& limits);

  /// Starts anew if it was armed.
  void arm(Deadline& deadline, DeadlineKind kind);

 private:
  using Queue = boost::intrusive::list<Deadline, boost::intrusive::constant_time_size<false>>;
  static constexpr std::size_t kKinds = static_cast<std::size_t>(DeadlineKind::parting) + 1;

  void startTicking();
  void sweep();

  std::array<std::chrono::milliseconds, kKinds> durations_;
  std::array<Queue, kKinds> queues_;
  const std::chrono::milliseconds tick_;
  boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                    boost::asio::wait_traits<std::chrono::steady_clock>,
                                    boost::asio::io_context::executor_type>
      timer_;
  bool ticking_ = false;
};

}  // namespace skiff
