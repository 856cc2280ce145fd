#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/intrusive/list.hpp>

namespace skiff {

/// Has something to go on with in its TLS handshake. Leaves the queue when destroyed.
class HandshakeWaiter : public boost::intrusive::list_base_hook<
                            boost::intrusive::tag<HandshakeWaiter>,
                            boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
 public:
  /// Its turn; it has left the queue. May destroy it.
  virtual void onHandshakeTurn() = 0;

 protected:
  ~HandshakeWaiter() = default;
};

/// Gives handshakes their turns: one in each round of the loop, since one may take a millisecond of
/// CPU time, so that requests on established connections wait for one of them at most, however many
/// clients come. In the order of their arrival. One thread.
class HandshakeTurns {
 public:
  explicit HandshakeTurns(boost::asio::io_context& context) : context_(context) {}

  /// Does nothing if it is in the queue.
  void add(HandshakeWaiter& waiter);

 private:
  void post();
  void giveTurn();

  boost::asio::io_context& context_;
  boost::intrusive::list<HandshakeWaiter,
                         boost::intrusive::base_hook<boost::intrusive::list_base_hook<
                             boost::intrusive::tag<HandshakeWaiter>,
                             boost::intrusive::link_mode<boost::intrusive::auto_unlink>>>,
                         boost::intrusive::constant_time_size<false>>
      waiting_;
  bool posted_ = false;
};

}  // namespace skiff
