#include "tests/cli/scripted_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>

namespace skiff::cli {
namespace {

std::string lowerCase(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

Asked parseHead(const std::string& head) {
  Asked asked;
  const std::size_t first = head.find(' ');
  const std::size_t second = head.find(' ', first + 1);
  asked.method = head.substr(0, first);
  asked.target = head.substr(first + 1, second - first - 1);
  for (std::size_t at = head.find("\r\n"); at != std::string::npos && at + 2 < head.size();) {
    const std::size_t end = head.find("\r\n", at + 2);
    const std::string line = head.substr(at + 2, end - at - 2);
    const std::size_t colon = line.find(": ");
    if (colon != std::string::npos) {
      asked.fields[lowerCase(line.substr(0, colon))] = line.substr(colon + 2);
    }
    at = end;
  }
  return asked;
}

void sendAll(int connection, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(connection, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

}  // namespace

ScriptedServer::ScriptedServer()
    : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)),
      stop_(::eventfd(0, EFD_CLOEXEC)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener_, any, size) != 0 || ::listen(listener_, 64) != 0 ||
      ::getsockname(listener_, any, &size) != 0) {
    throw std::runtime_error("no port for the test");
  }
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { run(); });
}

ScriptedServer::~ScriptedServer() {
  const std::uint64_t one = 1;
  (void)!::write(stop_, &one, sizeof one);
  thread_.join();
  ::close(listener_);
  ::close(stop_);
}

void ScriptedServer::on(const std::string& line, Handler handler) {
  const std::lock_guard lock(mutex_);
  handlers_[line] = std::move(handler);
}

void ScriptedServer::on(const std::string& line, std::vector<std::string> answers) {
  on(line, [answers = std::move(answers), next = std::size_t{0}](const Asked&) mutable {
    const std::size_t now = std::min(next++, answers.size() - 1);
    return answers[now];
  });
}

std::vector<Asked> ScriptedServer::asked() const {
  const std::lock_guard lock(mutex_);
  return asked_;
}

std::vector<std::string> ScriptedServer::lines() const {
  std::vector<std::string> lines;
  for (const Asked& asked : this->asked()) lines.push_back(asked.line());
  return lines;
}

Asked ScriptedServer::last(const std::string& line) const {
  Asked found;
  for (const Asked& asked : this->asked()) {
    if (asked.line() == line) found = asked;
  }
  return found;
}

void ScriptedServer::run() {
  while (true) {
    pollfd waiting[2] = {{listener_, POLLIN, 0}, {stop_, POLLIN, 0}};
    ::poll(waiting, 2, -1);
    if (waiting[1].revents != 0) return;
    const int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) continue;
    serve(connection);
    ::close(connection);
  }
}

void ScriptedServer::serve(int connection) {
  std::string bytes;
  std::size_t need = std::string::npos;
  Asked asked;
  while (bytes.size() < need) {
    pollfd waiting[2] = {{connection, POLLIN, 0}, {stop_, POLLIN, 0}};
    ::poll(waiting, 2, -1);
    if (waiting[1].revents != 0) return;
    char buffer[65'536];
    const ssize_t size = ::recv(connection, buffer, sizeof buffer, 0);
    if (size <= 0) return;
    bytes.append(buffer, static_cast<std::size_t>(size));
    const std::size_t end = bytes.find("\r\n\r\n");
    if (need != std::string::npos || end == std::string::npos) continue;
    asked = parseHead(bytes.substr(0, end + 2));
    const std::string length = asked.field("content-length");
    need = end + 4 + (length.empty() ? 0 : std::stoul(length));
  }
  asked.body = bytes.substr(bytes.find("\r\n\r\n") + 4);
  Handler handler;
  {
    const std::lock_guard lock(mutex_);
    asked_.push_back(asked);
    const auto found = handlers_.find(asked.line());
    // A handler may count its calls: they are all made on this thread.
    if (found != handlers_.end())
      handler = [h = &found->second](const Asked& a) { return (*h)(a); };
  }
  sendAll(connection,
          handler ? handler(asked) : problem(404, "not_found", "There is nothing of that name."));
}

std::string answer(unsigned status, std::string_view body, std::string_view contentType,
                   std::string_view fields) {
  return "HTTP/1.1 " + std::to_string(status) +
         " Status\r\nContent-Type: " + std::string(contentType) +
         "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + std::string(fields) +
         "\r\n" + std::string(body);
}

std::string problem(unsigned status, std::string_view code, std::string_view detail,
                    std::string_view more) {
  return answer(status,
                "{\"type\":\"about:blank\",\"title\":\"Title\",\"status\":" +
                    std::to_string(status) + ",\"code\":\"" + std::string(code) +
                    "\",\"detail\":\"" + std::string(detail) + "\"" + std::string(more) + "}",
                "application/problem+json");
}

std::string eventStream(std::string_view events) {
  return "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n" + std::string(events);
}

}  // namespace skiff::cli
