#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace skiff {

/// The last lines of a log, and those who follow it. Takes no memory while nothing was written. Any
/// thread.
class LogTail : public std::enable_shared_from_this<LogTail> {
 public:
  static constexpr std::size_t kMostLines = 200;
  static constexpr std::size_t kMostBytes = std::size_t{32} << 10;
  using Listener = std::function<void(std::string_view line)>;

  /// Follows the log while it lives; its destructor waits for a call that is under way. REQUIRES:
  /// not destroyed by its listener.
  class Subscription {
   public:
    ~Subscription();
    Subscription(const Subscription&) = delete;
    Subscription& operator=(const Subscription&) = delete;

   private:
    friend class LogTail;
    Subscription(std::shared_ptr<LogTail> tail, std::list<Listener>::iterator place)
        : tail_(std::move(tail)), place_(place) {}
    const std::shared_ptr<LogTail> tail_;
    const std::list<Listener>::iterator place_;
  };

  /// A line without its end.
  void append(std::string_view line);
  /// Calls `listener` with the lines that are held, here, and with each that comes from now on, on
  /// the thread that writes it. It must be brief and must not write to the log. REQUIRES: held by a
  /// shared_ptr.
  std::unique_ptr<Subscription> follow(Listener listener);

 private:
  std::mutex mutex_;
  std::deque<std::string> lines_;
  std::size_t bytes_ = 0;
  std::list<Listener> listeners_;
};

}  // namespace skiff
