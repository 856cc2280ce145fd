#include "isolate/abi/cgi_environment.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

namespace skiff {
namespace {

constexpr std::string_view kSoftware = "skiff/" SKIFF_VERSION;

/// Variables in the order in which they were added.
class Variables {
 public:
  void add(std::string_view name, std::string_view value) {
    entries_.emplace_back(std::string(name), std::string(value));
  }
  std::string* find(std::string_view name) {
    const auto entry = std::find_if(entries_.begin(), entries_.end(),
                                    [name](const auto& pair) { return pair.first == name; });
    return entry == entries_.end() ? nullptr : &entry->second;
  }
  StringBlock block() const {
    StringBlock block;
    for (const auto& [name, value] : entries_) block.add(name, value);
    return block;
  }

 private:
  std::vector<std::pair<std::string, std::string>> entries_;
};

struct Address {
  std::string_view host;
  std::string_view port;
};

/// The parts of "127.0.0.1:80" or "[::1]:80".
Address splitAddress(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return {text, {}};
  std::string_view host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return {host, text.substr(colon + 1)};
}

int hexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string percentDecoded(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      const int high = hexDigit(text[i + 1]);
      const int low = hexDigit(text[i + 2]);
      if (high >= 0 && low >= 0 && (high | low) != 0) {
        decoded.push_back(static_cast<char>(high << 4 | low));
        i += 2;
        continue;
      }
    }
    decoded.push_back(text[i]);
  }
  return decoded;
}

/// The fixed part of a route's path: "/a" of "host/a/*", "/a" of "host/a", "" of "host/*".
std::string_view scriptName(std::string_view route) {
  const std::size_t slash = route.find('/');
  if (slash == std::string_view::npos) return {};
  std::string_view path = route.substr(slash);
  if (path.ends_with("/*")) path.remove_suffix(2);
  return path;
}

/// HTTP_* of a field's name; empty if the field is left out.
std::string variableName(std::string_view name) {
  static constexpr std::array<std::string_view, 5> kLeftOut = {
      "content-type", "content-length", "proxy", "proxy-authorization", "proxy-authenticate"};
  const auto same = [name](std::string_view other) { return equalsIgnoringCase(name, other); };
  if (std::any_of(kLeftOut.begin(), kLeftOut.end(), same)) return {};
  std::string variable = "HTTP_";
  for (const char c : name) {
    if (c >= 'a' && c <= 'z') {
      variable.push_back(static_cast<char>(c - 'a' + 'A'));
    } else if ((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) {
      variable.push_back(c);
    } else if (c == '-') {
      variable.push_back('_');
    } else {
      return {};
    }
  }
  return variable;
}

void addHeaders(Variables& variables, const HeaderList& headers) {
  for (const Header& field : headers) {
    const std::string name = variableName(field.name);
    if (name.empty()) continue;
    if (std::string* existing = variables.find(name)) {
      // Cookies are the one list that is not separated by commas (RFC 9110, 5.3; RFC 6265, 5.4).
      existing->append(name == "HTTP_COOKIE" ? "; " : ", ").append(field.value);
    } else {
      variables.add(name, field.value);
    }
  }
}

void addBody(Variables& variables, Exchange& exchange) {
  const HeaderList& headers = exchange.request().headers;
  const auto length = exchange.requestBodyLength();
  if (length && (*length > 0 || headers.contains("content-length"))) {
    variables.add("CONTENT_LENGTH", std::to_string(*length));
  }
  if (const auto* type = headers.find("content-type")) variables.add("CONTENT_TYPE", *type);
}

void addTarget(Variables& variables, Exchange& exchange) {
  const RequestHead& request = exchange.request();
  const std::size_t question = request.target.find('?');
  const std::string_view path = request.target.substr(0, question);
  const std::string_view query =
      question == std::string_view::npos ? std::string_view() : request.target.substr(question + 1);
  std::string_view script = scriptName(exchange.matchedRoute());
  if (!path.starts_with(script)) script = {};
  std::string_view info = path.substr(script.size());
  if (!info.starts_with('/')) info = {};

  variables.add("PATH_INFO", percentDecoded(info));
  variables.add("PATH_TRANSLATED", "");
  variables.add("QUERY_STRING", query);
  variables.add("REQUEST_METHOD", request.method);
  variables.add("REQUEST_URI", request.target);
  variables.add("SCRIPT_NAME", script);
  variables.add("X_MATCHED_ROUTE", exchange.matchedRoute());

  const std::string_view* host = request.headers.find("host");
  std::string url = exchange.isSecure() ? "https://" : "http://";
  url += host && !host->empty() ? *host : request.host;
  if (request.target.starts_with('/')) url += request.target;
  variables.add("X_FULL_URL", url);
}

void addEnds(Variables& variables, Exchange& exchange) {
  const Address client = splitAddress(exchange.sourceAddress());
  const Address server = splitAddress(exchange.serverAddress());
  variables.add("REMOTE_ADDR", client.host);
  variables.add("REMOTE_HOST", client.host);
  variables.add("REMOTE_IDENT", "");
  variables.add("REMOTE_PORT", client.port);
  variables.add("REMOTE_USER", "");
  variables.add("SERVER_NAME", exchange.request().host);
  variables.add("SERVER_PORT", server.port);
  variables.add("SERVER_PROTOCOL", exchange.request().protocol);
  variables.add("SERVER_SOFTWARE", kSoftware);
}

bool isUsable(std::string_view name, std::string_view value) {
  const auto holds = [](std::string_view text, char c) {
    return text.find(c) != std::string_view::npos;
  };
  return !name.empty() && !holds(name, '=') && !holds(name, '\0') && !holds(value, '\0');
}

}  // namespace

StringBlock makeCgiEnvironment(const GuestSettings& settings, Exchange& exchange) {
  Variables variables;
  variables.add("AUTH_TYPE", "");
  addBody(variables, exchange);
  variables.add("GATEWAY_INTERFACE", "CGI/1.1");
  if (exchange.isSecure()) variables.add("HTTPS", "on");
  addTarget(variables, exchange);
  addEnds(variables, exchange);
  addHeaders(variables, exchange.request().headers);
  for (const auto& [name, value] : settings.environment) {
    // Content that the request does not have must not be made up either.
    const bool ofRequest = name == "CONTENT_LENGTH" || name == "CONTENT_TYPE";
    if (isUsable(name, value) && !ofRequest && !variables.find(name)) variables.add(name, value);
  }
  return variables.block();
}

}  // namespace skiff
