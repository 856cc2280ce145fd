#pragma once

#include <array>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "server/admin/admin_limits.h"
#include "server/admin/admin_routes.h"
#include "server/admin/admin_stream.h"
#include "server/admin/api_gate.h"

namespace skiff {

/// One connection to the admin listener: answers its requests one after the other, those of the API
/// by the threads of its gate. Everything of its own on the listener's thread. Only the API has a
/// use for bodies, and reads none before the token is known to be good: any other request with a
/// body is answered by its head, and ends the connection.
class AdminSession : public std::enable_shared_from_this<AdminSession> {
 public:
  /// `certificate`: for TLS; null: none. REQUIRES: `hooks` and `gate` (null: there is no API)
  /// outlive the session.
  AdminSession(boost::asio::ip::tcp::socket socket,
               std::shared_ptr<const AdminCertificate> certificate, const AdminHooks& hooks,
               ApiGate* gate, AdminSessionLimits limits);

  /// Runs until the client leaves, a limit strikes, or stop(). REQUIRES: the session outlives it.
  boost::asio::awaitable<void> run();
  /// Ends the connection after the next answer.
  void finish() { finishing_ = true; }
  /// Ends the connection after the answer that is being sent, at once if there is none.
  void stop();
  /// Ends the connection now.
  void abort();

  /// How far it has come, in the order in which connections give way to others.
  enum class Stage : std::uint8_t {
    silent,   ///< no request's head was complete yet
    idle,     ///< waits for the next one, or for the client to leave
    answers,  ///< an answer is sent, or a refusal held back
    asks,     ///< its token is being looked up
    trusted,  ///< a token was good: counted by the gate
    ended,    ///< by abort()
  };
  Stage stage() const;
  /// Since when it has got no further.
  std::chrono::steady_clock::time_point since() const { return since_; }

 private:
  using HeadParser = boost::beast::http::request_parser<boost::beast::http::empty_body>;
  struct Work;
  struct Request;

  boost::asio::awaitable<bool> shakeHands();
  bool mayGoOn() const { return !finishing_ && !stopping_; }
  /// False if the connection cannot go on.
  boost::asio::awaitable<bool> serveOne();
  boost::asio::awaitable<bool> serveApi(HeadParser& parser);
  boost::asio::awaitable<bool> refuse(const Request& request, const ApiAnswer& refusal);
  boost::asio::awaitable<bool> refuseBusy(const Request& request, std::string_view detail);
  boost::asio::awaitable<bool> refuseToken(const Request& request, const ApiAnswer& answer);
  /// Reads the body into `body`; an answer of status 0 if that is done.
  boost::asio::awaitable<ApiAnswer> readBody(HeadParser& parser, std::size_t limit, Work& work);
  boost::asio::awaitable<bool> sendStream(const Request& request, std::shared_ptr<Work> work,
                                          std::shared_ptr<EventStream> events,
                                          std::function<void(EventStream&)> supervision);
  boost::asio::awaitable<void> sendEvents(std::shared_ptr<EventStream> events, bool isChunked,
                                          std::function<void(EventStream&)> supervision);
  boost::asio::awaitable<bool> sendBytes(std::string_view bytes);
  boost::asio::awaitable<bool> send(const AdminAnswer& answer, unsigned version, bool withBody,
                                    bool keepAlive);
  boost::asio::awaitable<void> close();

  /// Waits until `isDone`, which a wake() follows, or the connection is ended.
  boost::asio::awaitable<void> await(const std::function<bool()>& isDone,
                                     std::chrono::milliseconds atMost);
  void wake();
  std::function<void()> waker();
  void watchClient();

  AdminStream stream_;
  boost::beast::flat_buffer buffer_;
  boost::asio::steady_timer wake_;
  const AdminHooks& hooks_;
  ApiGate* gate_;
  const AdminSessionLimits limits_;
  std::string address_;     ///< the client's
  std::string clientName_;  ///< of its certificate; empty: it has shown none
  ApiGate::Share trusted_;
  std::chrono::steady_clock::time_point since_;
  std::array<char, 512> unread_{};  ///< what watchClient() reads
  std::size_t ignored_ = 0;         ///< bytes that it has read
  bool served_ = false;             ///< at least one request
  bool waiting_ = false;            ///< for the client, with no answer to finish
  bool asking_ = false;             ///< whose token it is
  bool finishing_ = false;
  bool stopping_ = false;
  bool ended_ = false;  ///< by abort(), or by the client while a stream goes out
};

}  // namespace skiff
