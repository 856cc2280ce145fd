#pragma once

#include <boost/asio/steady_timer.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <memory_resource>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "isolate/header_list.h"
#include "server/http/origin_call.h"
#include "server/origin/byte_queue.h"
#include "server/origin/origin_connection.h"
#include "server/origin/origin_pool.h"
#include "server/origin/request_upload.h"
#include "server/origin/response_parser.h"

namespace skiff {

/// What a call to an origin does, apart from the handle that its owner holds: operations under way
/// keep this alive, abandon() tells it that nobody listens any more. The functions are
/// OriginCall's. One thread.
class OriginExchange : public std::enable_shared_from_this<OriginExchange> {
 public:
  OriginExchange(std::shared_ptr<OriginPool> pool, OriginListener& listener);
  OriginExchange(const OriginExchange&) = delete;
  OriginExchange& operator=(const OriginExchange&) = delete;

  void start(std::string_view method, std::string_view target, const HeaderList& headers,
             std::optional<std::uint64_t> bodyLength);
  std::size_t writeBody(std::span<const std::byte> bytes);
  void finishBody();
  OriginCall::State state() const { return state_; }
  std::string_view error() const { return error_; }
  int status() const { return status_; }
  const HeaderList& headers() const { return headers_; }
  BodyRead readBody(std::span<std::byte> into);

  /// Ends what is under way; the listener hears nothing more.
  void abandon();

 private:
  void connectFresh();
  void connectTo(const OriginEndpoints& endpoints, std::chrono::steady_clock::time_point deadline);
  void beginOnConnection();
  void sendMore();
  void onSent(boost::system::error_code error, std::size_t count);
  void readMore();
  void onReceived(boost::system::error_code error, std::size_t count);
  void onEnd(boost::system::error_code error);
  void onAnswerComplete(bool connectionClean);
  void endConnection(bool reusable);
  /// The kept connection had been closed: once more on a new one. False if that is not allowed.
  bool repeatOnFresh();
  void fail(std::string what);
  void dropConnection();
  void dropUpload();
  void tellListener();

  const std::shared_ptr<OriginPool> pool_;
  OriginListener* listener_;
  OriginCall::State state_ = OriginCall::State::waiting;
  std::string error_;
  int status_ = 0;
  std::pmr::monotonic_buffer_resource memory_;
  HeaderList headers_{memory_};

  std::shared_ptr<OriginConnection> connection_;  ///< null: not yet, given back or closed
  boost::asio::steady_timer connectTimer_;
  bool abandoned_ = false;
  bool kept_ = false;  ///< the connection has carried others before
  bool repeated_ = false;
  bool sending_ = false;
  bool reading_ = false;
  bool sendingBroke_ = false;
  bool wantsRoom_ = false;
  bool eventPosted_ = false;

  ExpectBody expectBody_ = ExpectBody::byHead;
  RequestUpload upload_;
  ByteQueue body_;
  std::optional<ResponseParser> parser_;
  bool complete_ = false;
};

}  // namespace skiff
