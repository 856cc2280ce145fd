#include "server/http/client_poller.h"

#include <boost/asio/post.hpp>
#include <cerrno>
#include <chrono>
#include <system_error>

#include "quota/cycle_clock.h"

namespace skiff {
namespace {

/// Of a batch, before the rest of the loop gets its turn.
constexpr std::chrono::microseconds kSlice{200};
constexpr std::uint32_t kAlways = EPOLLIN | EPOLLRDHUP | EPOLLET;

int newEpoll() {
  const int descriptor = ::epoll_create1(EPOLL_CLOEXEC);
  if (descriptor < 0) throw std::system_error(errno, std::generic_category(), "epoll_create1");
  return descriptor;
}

}  // namespace

ClientPoller::ClientPoller(boost::asio::io_context& context)
    : context_(context), epoll_(context, newEpoll()) {}

bool ClientPoller::add(int descriptor, PolledClient& client) {
  epoll_event event{kAlways, {&client}};
  if (::epoll_ctl(epoll_.native_handle(), EPOLL_CTL_ADD, descriptor, &event) != 0) return false;
  wait();
  return true;
}

void ClientPoller::replace(int descriptor, PolledClient& before, PolledClient& client) {
  forget(before);
  epoll_event event{kAlways, {&client}};
  (void)::epoll_ctl(epoll_.native_handle(), EPOLL_CTL_MOD, descriptor, &event);
}

void ClientPoller::awaitRoom(int descriptor, PolledClient& client) {
  epoll_event event{kAlways | EPOLLOUT, {&client}};
  (void)::epoll_ctl(epoll_.native_handle(), EPOLL_CTL_MOD, descriptor, &event);
}

void ClientPoller::remove(int descriptor, PolledClient& client) {
  if (descriptor >= 0) {
    epoll_event nothing{};
    (void)::epoll_ctl(epoll_.native_handle(), EPOLL_CTL_DEL, descriptor, &nothing);
  }
  forget(client);
}

/// What has come for it is not told any more.
void ClientPoller::forget(const PolledClient& client) {
  for (std::size_t i = next_; i < count_; ++i) {
    if (batch_[i].data.ptr == &client) batch_[i].data.ptr = nullptr;
  }
}

void ClientPoller::stop() {
  stopped_ = true;
  if (waiting_) epoll_.cancel();
}

void ClientPoller::wait() {
  if (waiting_ || stopped_ || next_ != count_) return;
  epoll_.async_wait(boost::asio::posix::descriptor_base::wait_read,
                    [this](const boost::system::error_code& error) {
                      // When cancelled, this poller may be gone.
                      if (error == boost::asio::error::operation_aborted) return;
                      waiting_ = false;
                      takeBatch();
                    });
  waiting_ = true;
}

void ClientPoller::takeBatch() {
  const int count = ::epoll_wait(epoll_.native_handle(), batch_.data(), kBatch, 0);
  next_ = 0;
  count_ = count > 0 ? static_cast<std::size_t>(count) : 0;
  tellBatch();
}

void ClientPoller::tellBatch() {
  const std::uint64_t start = readCycles();
  while (next_ != count_) {
    const epoll_event event = batch_[next_++];
    if (auto* client = static_cast<PolledClient*>(event.data.ptr)) {
      client->onSocketEvents(event.events);
    }
    if (next_ != count_ && cyclesToTime(readCycles() - start) >= kSlice) {
      boost::asio::post(context_, [this] { resume(); });
      return;
    }
  }
  wait();
}

void ClientPoller::resume() {
  if (!waiting_) tellBatch();
}

}  // namespace skiff
