#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace skiff::testing {

/// An answer as it came, names of fields in lower case.
struct HttpAnswer {
  unsigned status = 0;
  std::map<std::string, std::string> fields;
  std::string body;

  std::string field(const std::string& name) const {
    const auto found = fields.find(name);
    return found == fields.end() ? std::string() : found->second;
  }
};

using HttpFields = std::vector<std::pair<std::string, std::string>>;

/// A blocking connection to a server on 127.0.0.1. What it sends is bytes, so that it can
/// misbehave.
class HttpConnection {
 public:
  explicit HttpConnection(std::uint16_t port);
  ~HttpConnection();
  HttpConnection(HttpConnection&&) noexcept;

  /// False if the server is gone.
  bool send(std::string_view bytes);
  HttpAnswer read(bool toHead = false);
  HttpAnswer ask(std::string_view method, std::string_view target, const HttpFields& fields = {},
                 std::string_view body = {});
  /// What comes next, as it comes; empty at the end.
  std::string readSome();
  /// Whether the server has ended the connection, with nothing more to say.
  bool ended();

 private:
  struct Socket;
  std::unique_ptr<Socket> socket_;
};

/// The bytes of a request.
std::string requestText(std::string_view method, std::string_view target, const HttpFields& fields,
                        std::string_view body);

}  // namespace skiff::testing
