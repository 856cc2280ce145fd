#include "tests/server/http/http_replay.h"

#include <algorithm>
#include <array>
#include <memory_resource>

#include "server/http/head_check.h"
#include "server/http/request_parser.h"

namespace skiff {
namespace {

class Replay {
 public:
  explicit Replay(const HttpLimits& limits) : parser_(limits) {}

  /// False after a refusal.
  bool feed(std::string_view piece) {
    input_ += piece;
    while (!refused_) {
      if (inBody_ ? !readBody() : !readHead()) break;
    }
    return !refused_;
  }

  std::vector<std::string> take() {
    if (!body_.empty()) events_.push_back("body " + body_);
    return std::move(events_);
  }

 private:
  void refuse(const Refusal& refusal) {
    if (!body_.empty()) events_.push_back("body " + body_);
    body_.clear();
    events_.push_back("refused " + std::to_string(refusal.status) + " " +
                      std::string(reasonWord(refusal.reason)));
    refused_ = true;
  }

  bool readHead() {
    if (input_.empty()) return false;
    const RequestParser::Head state = parser_.parseHead(input_);
    if (state == RequestParser::Head::more) return false;
    if (state == RequestParser::Head::refused) {
      refuse(parser_.refusal());
      return false;
    }
    std::pmr::monotonic_buffer_resource memory;
    RequestHead head(memory);
    RequestFraming framing;
    if (const Refusal refusal = checkHead(parser_, input_, Scheme::http, head, framing)) {
      refuse(refusal);
      return false;
    }
    std::string event = "head ";
    event.append(head.method).append(" ").append(head.target).append(" ").append(head.host);
    event.append(framing.keepAlive ? "" : " close")
        .append(framing.expectsContinue ? " expect" : "");
    for (const Header& field : head.headers) {
      event.append(" ").append(field.name).append("=").append(field.value);
    }
    events_.push_back(event);
    input_.erase(0, parser_.headSize());
    if (framing.body == RequestFraming::Body::none) parser_.expectNoBody();
    if (framing.body == RequestFraming::Body::length) parser_.expectBody(framing.bodyLength);
    if (framing.body == RequestFraming::Body::streamed) parser_.expectChunks();
    inBody_ = true;
    return true;
  }

  bool readBody() {
    std::array<std::byte, 64> into;
    const RequestParser::BodyStep step = parser_.readBody(input_, into);
    body_.append(reinterpret_cast<const char*>(into.data()), step.produced);
    input_.erase(0, step.consumed);
    if (parser_.bodyRefusal()) {
      refuse(parser_.bodyRefusal());
      return false;
    }
    if (!parser_.bodyEnded()) return step.consumed != 0;
    if (!body_.empty()) events_.push_back("body " + body_);
    body_.clear();
    std::string event = "end";
    for (std::size_t i = 0; i < parser_.trailerCount(); ++i) {
      const RequestParser::TrailerView field = parser_.trailer(i);
      event.append(" ").append(field.name).append("=").append(field.value);
    }
    events_.push_back(event);
    parser_.reset();
    inBody_ = false;
    return true;
  }

  RequestParser parser_;
  std::string input_;
  std::string body_;
  std::vector<std::string> events_;
  bool inBody_ = false;
  bool refused_ = false;
};

}  // namespace

std::vector<std::string> replayRequests(std::string_view bytes, const HttpLimits& limits,
                                        const std::function<std::size_t()>& nextPiece) {
  Replay replay(limits);
  while (!bytes.empty()) {
    const std::size_t size = std::min(bytes.size(), std::max<std::size_t>(nextPiece(), 1));
    // A copy of its own, so that a sanitizer sees every byte read beyond the piece.
    if (!replay.feed(std::string(bytes.substr(0, size)))) break;
    bytes.remove_prefix(size);
  }
  return replay.take();
}

std::vector<std::string> replayRequests(std::string_view bytes, const HttpLimits& limits) {
  return replayRequests(bytes, limits, [&] { return bytes.size(); });
}

}  // namespace skiff
