#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/intrusive/list.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <string_view>

#include "server/http/client_connection.h"
#include "server/http/client_poller.h"
#include "server/http/client_socket.h"
#include "server/http/connection_ledger.h"
#include "server/http/deadlines.h"
#include "server/http/shard_state.h"
#include "server/http2/field_block.h"
#include "server/http2/flood_guard.h"
#include "server/http2/http2_session.h"
#include "server/http2/http2_stream.h"
#include "server/http2/response_fields.h"

namespace skiff {

/// One client's connection by HTTP/2: its socket, its session, and the streams that its requests
/// come on.
///
/// As with Connection, whatever happens is only noted, and settle() is the one place that acts: it
/// gives each stream that something has happened to a step, sends, and looks whether the connection
/// is over. What guests do is gathered and sent together: a settle() is posted for it, one for all.
///
/// Destroys itself through its ShardState once it is closed, its streams have gone and no operation
/// of it is under way. One thread.
class Http2Connection final : public ClientConnection,
                              private Http2SessionListener,
                              private DeadlineOwner {
 public:
  /// `before` had the socket's events, and `received` is what it has read of them already.
  Http2Connection(ShardState& shard, Client client, TlsVersion tls, PolledClient& before,
                  std::string_view received);
  ~Http2Connection() override;

  void start() override;
  void drain() override;
  void abort(Reason reason) override;

 private:
  friend class Http2Stream;

  enum class Phase : std::uint8_t {
    preface,  ///< the client's first SETTINGS have not come
    open,
    ending,  ///< GOAWAY is the last frame
    linger,  ///< everything is sent, the client's close awaited
    closed,
  };
  using Streams = boost::intrusive::list<Http2Stream>;
  using DueStreams = boost::intrusive::list<
      Http2Stream,
      boost::intrusive::member_hook<Http2Stream, Http2Stream::DueHook, &Http2Stream::dueHook>,
      boost::intrusive::constant_time_size<false>>;

  // For its streams.

  Http2Session& session() { return session_; }
  ShardState& shard() { return shard_; }
  /// For one answer at a time, until they were submitted: whose they are now.
  ResponseFields& fieldsFor(const Http2Stream* stream) {
    fieldsOwner_ = stream;
    return fields_;
  }
  ResponseFields* fieldsOf(const Http2Stream& stream) {
    return fieldsOwner_ == &stream ? &fields_ : nullptr;
  }
  Scheme scheme() const { return tlsVersion_ == TlsVersion::none ? Scheme::http : Scheme::https; }
  /// The stream is to be given a step.
  void touch(Http2Stream& stream);
  /// The same, from outside of settle().
  void touchLater(Http2Stream& stream);
  /// Sends as far as the client takes it at once.
  void pump();
  /// Answers that wait to be sent have become so many bytes more or less.
  void countUnsent(std::ptrdiff_t bytes) { unsent_ += static_cast<std::size_t>(bytes); }
  void beginOperation() { ++operations_; }
  void endOperation();
  std::chrono::steady_clock::time_point receivedAt() const { return receivedAt_; }
  std::vector<Header>& fieldViews() { return fieldViews_; }
  TlsVersion tlsVersion() const { return tlsVersion_; }

  // Http2SessionListener
  Http2Stream* onHeadBegin(std::int32_t id) override;
  void onTrailersBegin(Http2Stream& stream) override;
  void onField(std::string_view name, std::string_view value) override;
  void onHead(Http2Stream& stream, bool ended) override;
  void onTrailers(Http2Stream& stream) override;
  void onMalformed(Http2Stream& stream) override;
  void onBody(Http2Stream& stream, std::span<const std::byte> bytes) override;
  void onBodyEnd(Http2Stream& stream) override;
  void onControlFrame() override;
  void onSettings() override;
  void onPong() override;
  void onReset(Http2Stream& stream) override;
  void onStreamClosed(Http2Stream& stream, std::uint32_t error) override;
  Http2Chunk onDataFrame(Http2Stream& stream, std::span<std::byte> into) override;

  void onDeadline(DeadlineKind kind) override;
  void onSocketEvents(std::uint32_t events) override;

  void settle() override;
  bool isClosed() const override { return phase_ == Phase::closed; }
  void destroyIfDone() override;
  void fallOver(const std::exception& error);
  void stepStreams();
  /// Whether the connection is over, and what it waits for.
  void stepEnd();
  void stepLinger();
  void refuseNew();

  void receive();
  bool mayReceive() const;
  void feed(std::span<const char> bytes);
  bool fillOutput();
  void append(std::string_view bytes);
  void watch();
  /// The client has asked for too much of something.
  void calm(std::string_view why);
  void end(Http2Error error, Reason reason, std::string_view detail);
  void close();
  void loseStreams();

  const TlsVersion tlsVersion_;
  PolledClient* before_;
  std::string received_;  ///< until start()
  Http2Session session_;
  FieldBlock block_;
  FloodGuard floods_;
  Http2Stream* openHead_ = nullptr;  ///< whose fields are on their way
  ResponseFields fields_;
  const Http2Stream* fieldsOwner_ = nullptr;
  Streams streams_;
  DueStreams due_;
  Deadline deadline_;  ///< of what the client is to send
  Deadline writeDeadline_;
  Deadline drainDeadline_;
  std::chrono::steady_clock::time_point receivedAt_;
  std::vector<Header> fieldViews_;

  BlockPool::Block out_;  ///< while there is something in it
  std::size_t outBegin_ = 0;
  std::size_t outEnd_ = 0;
  std::string outRest_;  ///< what found no room in it

  Phase phase_ = Phase::preface;
  std::optional<Reason> abort_;
  Reason endReason_ = Reason::clientGone;  ///< of what is unfinished at the connection's end
  std::string_view endDetail_;
  std::size_t unsent_ = 0;  ///< of answers, waiting for the client's windows
  std::size_t dropped_ = 0;
  bool readable_ = false;
  bool hungUp_ = false;
  bool inSession_ = false;
  bool blocked_ = false;  ///< the socket takes nothing now
  bool broken_ = false;
  bool announced_ = false;  ///< the client was told that the connection ends
  bool refusing_ = false;   ///< and further streams are not served
  bool shutDown_ = false;
};

}  // namespace skiff
