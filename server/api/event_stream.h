#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace skiff {

/// Server-sent events (WHATWG HTML, section 9.2) on their way from whoever has something to tell to
/// the connection that sends them. Holds a bounded amount: a reader that is too slow loses events,
/// and is told how many. Any thread.
class EventStream {
 public:
  static constexpr std::size_t kDefaultCapacity = std::size_t{1} << 20;

  /// `notify` is called, from any thread, when there is something to take; it must be brief.
  explicit EventStream(std::function<void()> notify, std::size_t capacity = kDefaultCapacity);

  // For the teller.
  /// From here on the answer is a stream; before it, the request can still be refused.
  void start();
  /// False once nobody reads any more. `event` empty: of no type of its own.
  bool send(std::string_view event, std::string_view data);
  /// The last event: it is never left out.
  void finish(std::string_view event, std::string_view data);
  void finish();
  /// Whether nobody reads any more.
  bool isClosed() const;
  /// Keeps what tells alive for as long as the stream.
  void hold(std::shared_ptr<void> teller);

  // For the reader.
  struct Taken {
    std::string text;  ///< what is to be sent; may be empty
    bool isStarted = false;
    bool isFinished = false;  ///< nothing follows `text`
  };
  Taken take();
  bool isStarted() const;
  /// Nobody reads any more.
  void close();

 private:
  void append(std::string_view event, std::string_view data);
  void appendNotice();

  const std::function<void()> notify_;
  const std::size_t capacity_;
  mutable std::mutex mutex_;
  std::string pending_;
  std::size_t skipped_ = 0;  ///< events left out since the last one that was not
  bool started_ = false;
  bool finished_ = false;
  bool closed_ = false;
  std::shared_ptr<void> teller_;  // last: it may tell until it is gone
};

}  // namespace skiff
