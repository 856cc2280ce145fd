#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "server/api/answer.h"
#include "server/api/event_stream.h"
#include "server/api/operations.h"

namespace skiff {

/// The head of a request for /v1/…, as far as the API has a use for it.
struct ApiHead {
  std::string method;  ///< "GET"; a HEAD comes as GET
  std::string target;  ///< as the client sent it, query included
  std::string authorization;
  std::string contentType;
  std::string accept;
  std::string ifMatch;
  std::string ifNoneMatch;
  std::string idempotencyKey;
  std::string clientName;  ///< of the certificate that the client has shown; empty: none
  bool hasBody = false;
  std::optional<std::uint64_t> contentLength;
};

/// A request that may be made: its token is good for it. It waits for its body.
class ApiCall {
 public:
  virtual ~ApiCall() = default;
  /// The largest body, bytes; 0: none is wanted.
  virtual std::size_t maxBody() const = 0;
  /// Whether the answer is a stream of events, once run() starts it.
  virtual bool streams() const = 0;
  /// Whether it may take long: registries, compilation.
  virtual bool isSlow() const = 0;
  /// Of whom no more than a few are to run at a time; empty for operators.
  virtual const std::string& owner() const = 0;
  /// What ends the stream, with the problem as its last event, once the token holds no more or the
  /// app is gone. To be called every few seconds, also when the call is gone; the API outlives it.
  /// Any thread that may block, but briefly. Never throws. REQUIRES: streams().
  virtual std::function<void(EventStream&)> supervision() const = 0;
  /// Does it. May block for long. With `events`, the answer counts only if the stream was not
  /// started. Never throws. REQUIRES: called once; `events` if streams().
  virtual ApiAnswer run(std::string body, std::shared_ptr<EventStream> events) = 0;
};

/// The admin REST API without its HTTP: who may ask for what, and what is done for them. Any thread
/// that may block.
class Api {
 public:
  struct Info {
    std::string engine;  ///< "V8 14.6.202.11"
    /// What is not ready yet; empty: all is.
    std::function<std::vector<std::string>()> notReady = {};
  };

  /// REQUIRES: `operations` outlives it.
  Api(Operations& operations, Info info);
  ~Api();
  Api(const Api&) = delete;
  Api& operator=(const Api&) = delete;

  /// Who asks, and for what: the refusal, or what to do once the body is there. Asks the catalog,
  /// so it may block, but briefly.
  std::variant<ApiAnswer, std::unique_ptr<ApiCall>> open(ApiHead head);
  /// Ends what takes long. Any thread; does not block.
  void cancel();

  /// GET /openapi.json: nothing in it is secret.
  static std::string_view openApiDocument();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace skiff
