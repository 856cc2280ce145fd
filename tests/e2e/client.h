#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/e2e/process.h"

namespace skiff::e2e {

/// A connection ended, or stayed silent, where it should not have.
struct ClientError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct Response {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> fields;  ///< in order, names as received
  std::string body;                                         ///< decoded
  bool keepsConnection = false;

  /// The field's value, the values joined by ", " if there are several; names in any case.
  std::string field(std::string_view name) const;
};

/// What a request was answered with has a body, or it was a HEAD.
enum class Answers : bool { toHead, toOthers };

/// One HTTP/1.1 connection to 127.0.0.1: sends bytes as they are, reads whole responses. Every
/// operation has the deadline `patience`; beyond it, and on what is not HTTP, it throws
/// ClientError.
class Client {
 public:
  explicit Client(std::uint16_t port, std::chrono::milliseconds patience = kPatience);
  ~Client();
  Client(Client&&) noexcept;

  void send(std::string_view bytes);
  /// The next response, interim ones (1xx) included.
  Response receive(Answers answers = Answers::toOthers);
  /// Exactly so many bytes, as they come.
  std::string receiveBytes(std::size_t size);
  /// Everything up to and including `end`, as it comes.
  std::string receiveUntil(std::string_view end);
  Response ask(std::string_view request) {
    send(request);
    return receive();
  }

  /// Whether the server has closed the connection once everything it sent is read; waits for it.
  /// False if it sends more or keeps it open for `patience`.
  bool isClosed();
  /// Ends this side of the connection.
  void finishSending();
  /// Gives the connection up with RST, as a client does that dies.
  void reset();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// The text of a request; with a body, Content-Length is added.
std::string request(std::string_view method, std::string_view host, std::string_view target,
                    std::string_view body = {}, std::string_view moreFields = {});
/// GET on a connection of its own.
Response get(std::uint16_t port, std::string_view host, std::string_view target = "/");

}  // namespace skiff::e2e
