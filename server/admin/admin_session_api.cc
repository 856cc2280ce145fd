#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/http.hpp>
#include <charconv>
#include <chrono>
#include <mutex>
#include <new>
#include <utility>
#include <variant>

#include "server/admin/admin_session.h"
#include "server/api/problem.h"

// What a session does for the API: token, body, work on other threads, answer or stream.

namespace skiff {

// GCC 12 destroys temporaries too early that an expression with co_await makes of more than a
// number or a view, so each has a name here.
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kBodyPiece = std::size_t{64} << 10;
constexpr std::chrono::hours kLong{24};
/// What a client may send while a stream goes out to it and still be seen leaving.
constexpr std::size_t kMostIgnored = std::size_t{64} << 10;

std::string text(boost::beast::string_view view) {
  return std::string(view.data(), view.size());
}

ApiHead headOf(const http::request_parser<http::empty_body>& parser,
               const std::string& clientName) {
  const auto& request = parser.get();
  ApiHead head{.method = text(request.method_string()),
               .target = text(request.target()),
               .authorization = text(request[http::field::authorization]),
               .contentType = text(request[http::field::content_type]),
               .accept = text(request[http::field::accept]),
               .ifMatch = text(request[http::field::if_match]),
               .ifNoneMatch = text(request[http::field::if_none_match]),
               .idempotencyKey = text(request["Idempotency-Key"]),
               .clientName = clientName,
               .hasBody = !parser.is_done(),
               .contentLength = {}};
  if (head.method == "HEAD") head.method = "GET";
  if (const auto length = parser.content_length()) head.contentLength = *length;
  return head;
}

AdminAnswer adminAnswer(ApiAnswer answer) {
  return {.status = answer.status,
          .contentType = answer.contentType,
          .allow = {},
          .body = std::move(answer.body),
          .fields = std::move(answer.fields)};
}

ApiAnswer busyAnswer(std::string detail) {
  return problemAnswer({ProblemCode::tooManyRequests, std::move(detail)});
}

/// For so many bytes more; false: there is no memory for them.
bool makeRoom(std::string& body, std::size_t more) {
  const std::size_t wanted = body.size() + more;
  if (wanted <= body.capacity()) return true;
  try {
    body.reserve(std::max(wanted, 2 * body.capacity()));
    return true;
  } catch (const std::bad_alloc&) {
    return false;
  }
}

ApiAnswer noMemory() {
  return problemAnswer(
      {ProblemCode::notReady, "There is no memory for the body at the moment; try again."});
}

}  // namespace

/// What a session needs of a request's head once its parser is gone.
struct AdminSession::Request {
  unsigned version = 11;
  bool isHead = false;
  bool keepAlive = false;
  bool wantsContinue = false;
};

/// A request's way through other threads. Shared with them: the session may be gone before they are
/// done.
struct AdminSession::Work {
  ~Work() { releaseBody(); }

  std::mutex mutex;
  bool isDone = false;                                       // guarded by mutex
  std::variant<ApiAnswer, std::unique_ptr<ApiCall>> opened;  // until isDone, the worker's
  ApiAnswer answer;                                          // likewise
  std::string body;
  ApiGate* gate = nullptr;
  std::string owner;          ///< of the body
  std::size_t bodyBytes = 0;  ///< taken of the gate's

  /// Gives back what the body took; it is gone, or soon will be.
  void releaseBody() {
    if (gate) gate->giveBody(owner, std::exchange(bodyBytes, 0));
  }
  void finish() {
    const std::lock_guard lock(mutex);
    isDone = true;
  }
  bool done() {
    const std::lock_guard lock(mutex);
    return isDone;
  }
};

asio::awaitable<bool> AdminSession::serveApi(HeadParser& parser) {
  const auto& head = parser.get();
  const Request request{
      .version = head.version(),
      .isHead = head.method() == http::verb::head,
      .keepAlive = head.keep_alive() && mayGoOn(),
      .wantsContinue = boost::beast::iequals(head[http::field::expect], "100-continue")};
  const auto work = std::make_shared<Work>();
  const std::function<void()> waker = this->waker();
  const bool looked =
      gate_->submitLook([work, waker, gate = gate_, head = headOf(parser, clientName_)] {
        work->opened = gate->api().open(head);
        work->finish();
        waker();
      });
  if (!looked) co_return co_await refuseBusy(request, "Too much goes on; try again.");
  const std::function<bool()> isDone = [work] { return work->done(); };
  asking_ = true;
  co_await await(isDone, kLong);
  asking_ = false;
  if (ended_) co_return false;
  if (const auto* refusal = std::get_if<ApiAnswer>(&work->opened)) {
    if (refusal->status == 401) co_return co_await refuseToken(request, *refusal);
    // What is not read of a body would be taken for the next request.
    if (!parser.is_done()) co_return co_await refuse(request, *refusal);
    const AdminAnswer answer = adminAnswer(*refusal);
    co_return co_await send(answer, request.version, !request.isHead, request.keepAlive);
  }
  ApiCall& call = *std::get<std::unique_ptr<ApiCall>>(work->opened);
  if (!trusted_) trusted_ = gate_->takeConnection(call.owner());
  if (!trusted_) {
    co_return co_await refuseBusy(request, "There are too many connections; close some.");
  }

  if (!parser.is_done()) {
    if (request.wantsContinue && !co_await sendBytes("HTTP/1.1 100 Continue\r\n\r\n")) {
      co_return false;
    }
    work->owner = call.owner();
    const ApiAnswer refusal = co_await readBody(parser, call.maxBody(), *work);
    if (ended_) co_return false;
    if (refusal.status != 0) {
      work->releaseBody();
      co_return co_await refuse(request, refusal);
    }
  }

  ApiGate::Share streamShare;
  std::shared_ptr<EventStream> events;
  std::function<void(EventStream&)> supervision;
  if (call.streams()) {
    streamShare = gate_->takeStream(call.owner());
    if (!streamShare) {
      co_return co_await refuseBusy(request, "There are too many streams; close some.");
    }
    events = std::make_shared<EventStream>(waker);
    supervision = call.supervision();
  }
  work->isDone = false;
  const bool submitted = gate_->submit(call, [work, waker, events, &call] {
    work->answer = call.run(std::move(work->body), events);
    work->opened = {};  // the call, and with it the body
    work->releaseBody();
    work->finish();
    waker();
  });
  if (!submitted) {
    co_return co_await refuseBusy(request, "Too much goes on for this tenant; try again.");
  }
  if (events) co_return co_await sendStream(request, work, events, std::move(supervision));
  co_await await(isDone, kLong);
  if (ended_) co_return false;
  const AdminAnswer answer = adminAnswer(std::move(work->answer));
  co_return co_await send(answer, request.version, !request.isHead, request.keepAlive && mayGoOn());
}

asio::awaitable<bool> AdminSession::refuse(const Request& request, const ApiAnswer& refusal) {
  const AdminAnswer answer = adminAnswer(refusal);
  co_await send(answer, request.version, !request.isHead, false);
  co_return false;
}

asio::awaitable<bool> AdminSession::refuseBusy(const Request& request, std::string_view detail) {
  const ApiAnswer busy = busyAnswer(std::string(detail));
  co_return co_await refuse(request, busy);
}

asio::awaitable<bool> AdminSession::refuseToken(const Request& request, const ApiAnswer& answer) {
  // Whoever guesses is slowed down, without being let hold many connections meanwhile.
  const auto delay = gate_->beginFailure(address_);
  if (!delay) {
    co_return co_await refuseBusy(request, "Too many tokens from this address did not hold.");
  }
  const std::function<bool()> isStopping = [this] { return stopping_; };
  co_await await(isStopping, *delay);
  gate_->endFailure(address_);
  if (ended_) co_return false;
  co_return co_await refuse(request, answer);
}

asio::awaitable<ApiAnswer> AdminSession::readBody(HeadParser& parser, std::size_t limit,
                                                  Work& work) {
  const ApiAnswer none{.status = 0};
  const ApiAnswer tooLarge =
      problemAnswer({ProblemCode::bodyTooLarge,
                     "A body of this type may have at most " + std::to_string(limit) + " bytes."});
  work.gate = gate_;
  const auto take = [&](std::size_t bytes) {
    if (!gate_->takeBody(work.owner, bytes)) return false;
    work.bodyBytes += bytes;
    return true;
  };
  const auto announced = parser.content_length();
  if (announced && (*announced > limit || !take(*announced))) {
    co_return *announced > limit ? tooLarge : busyAnswer("Too much is being uploaded; try again.");
  }
  if (announced && !makeRoom(work.body, *announced)) co_return noMemory();

  http::request_parser<http::buffer_body> body(std::move(parser));
  std::vector<char> piece(kBodyPiece);
  const auto end = std::chrono::steady_clock::now() + limits_.body;
  while (!body.is_done()) {
    body.get().body().data = piece.data();
    body.get().body().size = piece.size();
    body.get().body().more = true;
    stream_.expires_at(std::min(end, std::chrono::steady_clock::now() + limits_.bodyPause));
    const auto [error, size] = co_await http::async_read_some(stream_, buffer_, body, kAwait);
    if (error && error != http::error::need_buffer) {
      const error_code malformed = http::error::bad_chunk;
      if (error.category() == malformed.category() && error != http::error::partial_message &&
          error != http::error::end_of_stream) {
        co_return problemAnswer({ProblemCode::badRequest, "The body is not framed as HTTP/1.1."});
      }
      ended_ = true;
      co_return none;
    }
    const std::size_t came = piece.size() - body.get().body().size;
    if (work.body.size() + came > limit) co_return tooLarge;
    if (!announced && !take(came)) co_return busyAnswer("Too much is being uploaded; try again.");
    if (!makeRoom(work.body, came)) co_return noMemory();
    work.body.append(piece.data(), came);
  }
  co_return none;
}

asio::awaitable<bool> AdminSession::sendStream(const Request& request, std::shared_ptr<Work> work,
                                               std::shared_ptr<EventStream> events,
                                               std::function<void(EventStream&)> supervision) {
  const std::function<bool()> hasBegun = [&] { return events->isStarted() || work->done(); };
  co_await await(hasBegun, kLong);
  if (ended_) {
    events->close();
    co_return false;
  }
  if (!events->isStarted()) {
    const AdminAnswer answer = adminAnswer(std::move(work->answer));
    co_return co_await send(answer, request.version, !request.isHead,
                            request.keepAlive && mayGoOn());
  }
  if (hooks_.onAnswer) hooks_.onAnswer(200);
  const bool isChunked = request.version >= 11;
  std::string head =
      "HTTP/1.1 200 OK\r\nServer: skiff\r\nContent-Type: text/event-stream\r\n"
      "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n";
  if (isChunked) head += "Transfer-Encoding: chunked\r\n";
  watchClient();
  head += "\r\n";
  if (co_await sendBytes(head) && !request.isHead) {
    co_await sendEvents(events, isChunked, std::move(supervision));
  }
  events->close();
  error_code ignored;
  stream_.socket().cancel(ignored);
  co_return false;
}

asio::awaitable<void> AdminSession::sendEvents(std::shared_ptr<EventStream> events, bool isChunked,
                                               std::function<void(EventStream&)> supervision) {
  using Clock = std::chrono::steady_clock;
  const auto framed = [&](std::string_view text) {
    if (!isChunked) return std::string(text);
    std::array<char, 16> size;
    const auto end = std::to_chars(size.data(), size.data() + size.size(), text.size(), 16).ptr;
    return std::string(size.data(), end).append("\r\n").append(text).append("\r\n");
  };
  EventStream::Taken taken;
  const std::function<bool()> hasMore = [&] {
    taken = events->take();
    return !taken.text.empty() || taken.isFinished || stopping_;
  };
  auto beat = Clock::now() + limits_.heartbeat;
  auto check = Clock::now() + limits_.recheck;
  while (!ended_ && !stopping_) {
    if (Clock::now() >= check) {
      // What it finds comes as an event. Where there is no place for it, the next one may have one.
      gate_->submitLook([events, supervision] { supervision(*events); });
      check = Clock::now() + limits_.recheck;
    }
    taken = events->take();
    if (taken.text.empty() && !taken.isFinished) {
      const auto until = std::chrono::ceil<std::chrono::milliseconds>(
          std::max(std::min(beat, check) - Clock::now(), Clock::duration::zero()));
      co_await await(hasMore, until);
      if (ended_ || stopping_) co_return;
      if (taken.text.empty() && !taken.isFinished) {
        if (Clock::now() < beat) continue;
        // A comment tells the client, and whoever is between, that there is still somebody here.
        taken.text = ":\n\n";
      }
    }
    if (!taken.text.empty()) {
      const std::string bytes = framed(taken.text);
      if (!co_await sendBytes(bytes)) co_return;
      beat = Clock::now() + limits_.heartbeat;
    }
    if (!taken.isFinished) continue;
    if (isChunked) co_await sendBytes("0\r\n\r\n");
    co_return;
  }
}

/// Past TLS: of an answer that is a stream, nothing more is of use but that the client is there.
void AdminSession::watchClient() {
  stream_.socket().async_read_some(
      asio::buffer(unread_),
      [self = shared_from_this()](const error_code& error, std::size_t size) {
        self->ignored_ += size;
        if (!error && self->ignored_ <= kMostIgnored) return self->watchClient();
        if (!error) return;
        if (error != asio::error::operation_aborted) self->ended_ = true;
        self->wake();
      });
}

}  // namespace skiff
