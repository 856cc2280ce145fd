#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "deploy/oci/limits.h"
#include "deploy/oci/tls_trust.h"
#include "deploy/oci/transport_error.h"
#include "deploy/oci/url.h"

namespace skiff {

class OutboundConnection;

struct HttpRequest {
  enum class Method : std::uint8_t { get, head };
  Method method = Method::get;
  HttpUrl url;
  /// Whether the host may be on this machine, or on a network that is not public.
  bool mayBePrivate = false;
  /// Beside Host and User-Agent. REQUIRES: names and values are fit for HTTP.
  std::vector<std::pair<std::string, std::string>> fields;
};

struct HttpResponse {
  unsigned status = 0;
  std::vector<std::pair<std::string, std::string>> fields;  ///< names in lower case
  std::optional<std::uint64_t> length;                      ///< of the body, where it is announced

  /// The first field of that name (in lower case); empty if there is none.
  std::string_view field(std::string_view name) const;
};

/// HTTP/1.1 to any number of servers, one exchange at a time, on the caller's thread. Connections
/// are kept for the next exchange with the same server. Redirects are the caller's.
class OutboundClient {
 public:
  OutboundClient(TlsTrust trust, const PullLimits& limits);
  ~OutboundClient();

  /// Sends, and reads the head of the answer (64 KiB at most). What is left of the answer before
  /// is dropped.
  TransportResult<HttpResponse> send(const HttpRequest& request, const PullPatience& patience);
  /// What has come of the body, at least a byte; 0 at its end. A body that is cut is an error.
  TransportResult<std::size_t> read(std::span<std::byte> into, const PullPatience& patience);
  /// The whole body; `tooLarge` beyond `most`. It must be complete within twice the time that a
  /// server may do nothing.
  TransportResult<std::string> readAll(ByteSize most, const PullPatience& patience);

 private:
  class Exchange;
  struct Idle;

  TransportResult<HttpResponse> begin(const HttpRequest& request, const PullPatience& patience,
                                      std::unique_ptr<OutboundConnection> connection,
                                      bool& isUntouched);
  /// Lets go of the answer, and keeps its connection if it can be used again.
  void finish();

  TlsTrust trust_;
  PullLimits limits_;
  std::unique_ptr<Exchange> exchange_;
  std::vector<Idle> idle_;
};

}  // namespace skiff
