#include "isolate/abi/cgi_state.h"

#include <algorithm>
#include <cstring>

#include "isolate/abi/cgi_environment.h"

namespace skiff {
namespace {

std::string_view textOf(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

BodyRead CgiState::readInput(std::span<std::byte> into) {
  if (aheadLeft_.empty()) return exchange_.readRequestBody(into);
  const std::size_t size = std::min(into.size(), aheadLeft_.size());
  if (size > 0) std::memcpy(into.data(), aheadLeft_.data(), size);
  aheadLeft_ = aheadLeft_.subspan(size);
  return {size, false};
}

std::optional<std::size_t> CgiState::inputReady() {
  if (aheadLeft_.empty()) {
    const BodyRead read = exchange_.readRequestBody(ahead_);
    if (read.wouldBlock()) return std::nullopt;
    aheadLeft_ = std::span(ahead_).first(read.size);
  }
  return aheadLeft_.size();
}

std::optional<std::size_t> CgiState::writeOutput(std::span<const std::byte> bytes) {
  if (!error_.empty()) return std::nullopt;
  std::size_t taken = 0;
  if (response_.state() == CgiResponse::State::head) {
    taken = response_.feed(textOf(bytes));
    if (response_.state() == CgiResponse::State::failed) {
      error_ = response_.error();
      return std::nullopt;
    }
    if (response_.state() == CgiResponse::State::body) response_.apply(exchange_.response());
  }
  if (taken == bytes.size()) return taken;
  const auto written = writeBody(bytes.subspan(taken));
  if (!written) return std::nullopt;
  return taken + *written;
}

std::optional<std::size_t> CgiState::writeBody(std::span<const std::byte> bytes) {
  if (response_.hasNoBody()) return bytes.size();
  if (const auto length = response_.contentLength(); length && bytes.size() > *length - bodySize_) {
    error_ = "the program printed more than the Content-Length that it announced";
    return std::nullopt;
  }
  const std::size_t written = exchange_.writeResponseBody(bytes);
  bodySize_ += written;
  return written;
}

void CgiState::flushOutput() {
  // Not before the head is complete: nothing of the answer is decided until then.
  if (response_.state() == CgiResponse::State::body) exchange_.flush();
}

StringBlock CgiState::makeEnvironment() {
  return makeCgiEnvironment(settings_, exchange_);
}

std::string_view CgiState::endOutput() {
  if (!error_.empty()) return error_;
  if (response_.state() == CgiResponse::State::head) {
    error_ = response_.errorAtEnd();
  } else if (const auto length = response_.contentLength(); length && bodySize_ < *length &&
                                                            !response_.hasNoBody() &&
                                                            exchange_.request().method != "HEAD") {
    error_ = "the program printed less than the Content-Length that it announced";
  }
  return error_;
}

std::size_t CgiState::errorLine() const {
  return error_.empty() || response_.state() == CgiResponse::State::body ? 0 : response_.line();
}

}  // namespace skiff
