#include "tests/server/http/wire_run.h"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <utility>

namespace skiff {
namespace {

/// Each piece is an event of its own, unless the client has sent one too many.
constexpr std::chrono::seconds kEventPatience{1};

/// Takes a chunked body and its trailers off; false if they are not complete.
bool skipChunks(std::string_view& bytes) {
  while (true) {
    const std::size_t line = bytes.find("\r\n");
    if (line == bytes.npos) return false;
    const std::string digits(bytes.substr(0, line));
    const std::size_t size = std::strtoull(digits.c_str(), nullptr, 16);
    bytes.remove_prefix(line + 2);
    if (size == 0) break;
    if (bytes.size() < size + 2) return false;
    bytes.remove_prefix(size + 2);
  }
  while (!bytes.starts_with("\r\n")) {
    const std::size_t line = bytes.find("\r\n");
    if (line == bytes.npos) return false;
    bytes.remove_prefix(line + 2);
  }
  bytes.remove_prefix(2);
  return true;
}

}  // namespace

WireRun::WireRun(WireServer& server)
    : server_(server), client_(WireSocket::connect(server.port())) {
  server_.turn(kEventPatience);
}

WireRun::~WireRun() {
  { const WireSocket gone = std::move(client_); }
  // The next run would be told of what is left of this one.
  if (!server_.turnUntil([this] { return server_.connections() == 0; })) std::abort();
  server_.takeSeen();
}

bool WireRun::send(std::string_view piece) {
  while (!piece.empty() && client_.end() == WireSocket::End::open) {
    piece.remove_prefix(client_.send(piece));
    if (!server_.turn(kEventPatience)) return false;
    client_.receive();
  }
  return true;
}

void WireRun::finishSending() {
  client_.finishSending();
  server_.turn(kEventPatience);
}

std::string WireRun::outcome() {
  server_.turn();
  client_.receive();
  for (const std::string& request : server_.takeSeen()) {
    seen_.append(seen_.empty() ? "" : "; ").append(request);
  }
  std::string text = seen_;
  text.append(seen_.empty() ? "->" : " ->").append(statusesIn(client_.received()));
  for (std::size_t i = 0; i < server_.underWay(); ++i) text += " waits";
  constexpr std::array<std::string_view, 3> kEnds = {" open", " closed", " reset"};
  return text.append(kEnds[static_cast<std::size_t>(client_.end())]);
}

std::string statusesIn(std::string_view bytes) {
  std::string statuses;
  constexpr std::string_view kVersion = "HTTP/1.1 ";
  while (!bytes.empty()) {
    const std::size_t end = bytes.find("\r\n\r\n");
    if (!bytes.starts_with(kVersion) || end == bytes.npos) return statuses + " nonsense";
    const std::string head(bytes.substr(0, end + 2));
    bytes.remove_prefix(end + 4);
    const std::string status = head.substr(kVersion.size(), 3);
    if (status == "100") continue;
    statuses += " " + status;
    constexpr std::string_view kLength = "\r\nContent-Length: ";
    const std::size_t length = head.find(kLength);
    if (head.find("\r\nTransfer-Encoding: chunked\r\n") != head.npos) {
      if (!skipChunks(bytes)) return statuses + " cut";
    } else if (length != head.npos) {
      // An answer to HEAD has none of the bytes that it tells the number of.
      if (bytes.empty() || bytes.starts_with(kVersion)) continue;
      const auto size = std::strtoull(head.c_str() + length + kLength.size(), nullptr, 10);
      if (bytes.size() < size) return statuses + " cut";
      bytes.remove_prefix(size);
    } else if (status != "204" && status != "304" &&
               head.find("\r\nConnection: close\r\n") != head.npos) {
      return statuses;  // the body lasts to the end
    }
  }
  return statuses;
}

}  // namespace skiff
