#include "server/origin/request_upload.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <charconv>
#include <utility>

namespace skiff {
namespace {

// This side's to say (RFC 9112, 6 and 9; RFC 9110, 7.6.1); and what nobody here would act on.
constexpr std::array<std::string_view, 9> kNotSentOn{
    "connection", "keep-alive",     "proxy-connection", "te",     "transfer-encoding",
    "upgrade",    "content-length", "expect",           "trailer"};

constexpr std::array<std::string_view, 6> kIdempotent{"GET",    "HEAD",    "PUT",
                                                      "DELETE", "OPTIONS", "TRACE"};

/// A chunk's size line and final CR LF at most.
constexpr std::size_t kChunkFrame = 20;
constexpr std::string_view kLineEnd = "\r\n";

bool isRequestTarget(std::string_view target, std::string_view method) {
  if (target == "*") return method == "OPTIONS";
  return target.starts_with('/') && std::ranges::all_of(target, [](char c) {
           return c > 0x20 && c < 0x7F && c != '#' && c != '\\';
         });
}

/// What the origin itself, or what stands before it, could take for no host or for several.
bool isHost(std::string_view value) {
  return std::ranges::all_of(value, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-._~:[]").find(c) != std::string_view::npos;
  });
}

/// Underscores are dashes to readers that name variables after fields, as CGI does.
bool passesFor(std::string_view name, std::string_view other) {
  return std::ranges::equal(name, other, [](char a, char b) {
    const char lower = a >= 'A' && a <= 'Z' ? static_cast<char>(a | 0x20) : a;
    return (lower == '_' ? '-' : lower) == b;
  });
}

void appendField(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append(kLineEnd);
}

}  // namespace

Result<void> RequestUpload::start(std::string_view method, std::string_view target,
                                  const HeaderList& headers, std::string_view authority,
                                  std::optional<std::uint64_t> bodyLength) {
  assert(headSize_ == 0);
  if (!isHttpToken(method)) return Error{"the request's method is not a token"};
  if (method == "CONNECT") return Error{"the method CONNECT cannot be sent to an origin"};
  if (!isRequestTarget(target, method)) {
    return Error{
        "the request's target does not begin with / or holds what must be percent-encoded"};
  }
  idempotent_ = std::ranges::find(kIdempotent, method) != kIdempotent.end();
  chunked_ = !bodyLength;
  bodyLeft_ = bodyLength.value_or(0);
  hasBody_ = bodyLength != 0;
  finished_ = !hasBody_;

  std::string& out = pending_;
  out.append(method).append(" ").append(target).append(" HTTP/1.1").append(kLineEnd);
  bool hasHost = headers.contains("host");
  if (!hasHost) appendField(out, "Host", authority);
  for (const Header& field : headers) {
    const auto isSame = [&field](std::string_view name) { return passesFor(field.name, name); };
    if (std::ranges::any_of(kNotSentOn, isSame)) continue;
    if (isSame("host")) {
      if (!std::exchange(hasHost, false)) return Error{"the request has more than one Host"};
      if (!isHost(field.value)) return Error{"the request's Host is not a host"};
    }
    if (!isHttpToken(field.name) || !isFieldValue(field.value)) {
      return Error{"a header field of the request holds characters that are not allowed there"};
    }
    appendField(out, field.name, field.value);
  }
  if (chunked_) {
    appendField(out, "Transfer-Encoding", "chunked");
  } else if (hasBody_ || method == "POST" || method == "PUT" || method == "PATCH") {
    appendField(out, "Content-Length", std::to_string(*bodyLength));
  }
  out.append(kLineEnd);
  headSize_ = out.size();
  return {};
}

Result<std::size_t> RequestUpload::write(std::span<const std::byte> bytes) {
  if (dropped_ || bytes.empty()) return bytes.size();
  if (finished_ && chunked_) return Error{"the request's body goes on after its end"};
  if (!chunked_ && bytes.size() > bodyLeft_) {
    return Error{"the request's body is longer than was announced"};
  }
  const std::size_t used = waiting() + (chunked_ ? kChunkFrame : 0);
  const std::size_t count = std::min(bytes.size(), limit_ - std::min(limit_, used));
  if (count == 0) return count;
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), count);
  if (chunked_) {
    std::array<char, 16> size{};
    const auto end = std::to_chars(size.data(), size.data() + size.size(), count, 16).ptr;
    pending_.append(size.data(), end).append(kLineEnd).append(text).append(kLineEnd);
  } else {
    pending_.append(text);
    bodyLeft_ -= count;
    finished_ = bodyLeft_ == 0;
  }
  return count;
}

Result<void> RequestUpload::finish() {
  if (finished_ || dropped_) return {};
  if (bodyLeft_ > 0) {
    return Error{"the request's body ended " + std::to_string(bodyLeft_) +
                 " bytes before its announced length"};
  }
  if (chunked_) pending_.append("0\r\n\r\n");
  finished_ = true;
  return {};
}

std::string_view RequestUpload::next() {
  if (sendingOffset_ == sending_.size()) {
    if (remembers_) remembered_ += sending_;
    if (remembered_.size() > headSize_ + limit_) forgetSent();
    sending_.clear();
    sendingOffset_ = 0;
    std::swap(sending_, pending_);
  }
  issued_ = sentTotal_ + sending_.size() - sendingOffset_;
  return std::string_view(sending_).substr(sendingOffset_);
}

void RequestUpload::sent(std::size_t count) {
  assert(count <= sending_.size() - sendingOffset_);
  sendingOffset_ += count;
  sentTotal_ += count;
}

void RequestUpload::forgetSent() {
  remembers_ = false;
  std::string().swap(remembered_);
}

bool RequestUpload::repeatable() const {
  return remembers_ && (idempotent_ || issued_ == 0 || (hasBody_ && issued_ <= headSize_));
}

void RequestUpload::rewind() {
  assert(repeatable());
  sending_.insert(0, remembered_);
  sendingOffset_ = 0;
  issued_ = 0;
  sentTotal_ = 0;
  forgetSent();
}

}  // namespace skiff
