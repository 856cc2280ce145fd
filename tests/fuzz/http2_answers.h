#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string_view>

struct nghttp2_hd_inflater;

namespace skiff {

/// Reads what a client of HTTP/2 has sent and what it got, and aborts where the answers break the
/// rules (RFC 9113): frames that a server must not send, fields that cannot be decompressed or that
/// HTTP/2 does not have, a stream that is answered twice or after its end, or that nobody has
/// opened, more bytes than the client's windows had room for.
class Http2Answers {
 public:
  Http2Answers(std::string_view sent, std::string_view received);
  ~Http2Answers();

  /// Streams that the client has opened, if the server took them so.
  std::size_t opened() const { return opened_; }
  /// Streams with a final head, or that were reset by either side.
  std::size_t settled() const;
  /// The server has said that the connection ends.
  bool saysGoodbye() const { return goodbye_; }
  /// What came ended within a frame.
  bool isCut() const { return cut_; }

 private:
  struct Frame;
  struct Stream {
    bool opened = false;    ///< the client has sent HEADERS
    bool answered = false;  ///< a final head has come
    bool ended = false;
    bool reset = false;        ///< by the server
    bool resetByUs = false;    ///< by the client
    std::uint64_t window = 0;  ///< that the client has given beside the first
    std::uint64_t data = 0;
  };
  struct Free {
    void operator()(nghttp2_hd_inflater* inflater) const;
  };

  void noteSent(const Frame& frame);
  void noteReceived(const Frame& frame);
  void noteHead(const Frame& frame);
  void noteData(const Frame& frame);
  Stream& answerable(const Frame& frame);

  std::unique_ptr<nghttp2_hd_inflater, Free> inflater_;
  std::map<std::uint32_t, Stream> streams_;
  std::size_t opened_ = 0;
  std::uint64_t firstWindow_;  ///< the largest that the client's SETTINGS have named
  std::uint64_t data_ = 0;
  bool goodbye_ = false;
  bool cut_ = false;
};

}  // namespace skiff
