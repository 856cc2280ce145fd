#include "server/restart/hand_over_channel.h"

#include <sys/socket.h>

#include <cerrno>

namespace skiff {

HandOverChannel::HandOverChannel(boost::asio::io_context& context, Descriptor end)
    : end_(context, end.release()) {}

void HandOverChannel::listen(std::function<void(std::optional<HandOverWord>)> heard) {
  heard_ = std::move(heard);
  receive();
}

void HandOverChannel::say(HandOverWord word) {
  const char byte = static_cast<char>(word);
  (void)::send(end_.native_handle(), &byte, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
}

void HandOverChannel::receive() {
  end_.async_wait(boost::asio::posix::descriptor_base::wait_read,
                  [this](const boost::system::error_code& error) {
                    if (error == boost::asio::error::operation_aborted) return;
                    char byte = 0;
                    const ssize_t got = ::recv(end_.native_handle(), &byte, 1, MSG_DONTWAIT);
                    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return receive();
                    const auto word = static_cast<HandOverWord>(byte);
                    const bool known = word == HandOverWord::prepared ||
                                       word == HandOverWord::takeOver ||
                                       word == HandOverWord::ready || word == HandOverWord::quiet;
                    const auto heard = heard_;  // may destroy this
                    if (got != 1 || !known) return heard(std::nullopt);
                    receive();
                    heard(word);
                  });
}

}  // namespace skiff
