#include "config/host_pattern.h"

#include <boost/asio/ip/address.hpp>
#include <utility>

#include "config/printable.h"

namespace skiff {
namespace {

constexpr std::size_t kLongestHost = 253;
constexpr std::size_t kLongestLabel = 63;

Error wrong(std::string_view text, std::string_view why) {
  return {inQuotes(text) + " " + std::string(why) +
          "; write a host such as \"example.com\" or \"*.example.com\""};
}

bool isLabel(std::string_view label) {
  if (label.empty() || label.size() > kLongestLabel) return false;
  for (const char c : label) {
    const bool fits = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    if (!fits) return false;
  }
  return label.front() != '-' && label.back() != '-';
}

/// What ends in such a label is an address, or looks like one (RFC 1123, 2.1).
bool isNumber(std::string_view label) {
  return label.find_first_not_of("0123456789") == std::string_view::npos;
}

/// In place: Error can be made from a string as well.
Result<std::string> made(std::string host) {
  return Result<std::string>(boost::system::in_place_value, std::move(host));
}

/// The canonical form of an address, or nothing.
std::string addressIn(std::string_view text) {
  boost::system::error_code error;
  if (text.starts_with('[') && text.ends_with(']')) {
    const auto address =
        boost::asio::ip::make_address_v6(std::string(text.substr(1, text.size() - 2)), error);
    return error || address.scope_id() != 0 ? "" : "[" + address.to_string() + "]";
  }
  const auto address = boost::asio::ip::make_address_v4(std::string(text), error);
  return error ? "" : address.to_string();
}

}  // namespace

Result<std::string> parseHostPattern(std::string_view text) {
  std::string host(text);
  if (host.ends_with('.')) host.pop_back();
  if (host.empty() || host.size() > kLongestHost) return wrong(text, "is empty or too long");
  for (char& c : host) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  if (std::string address = addressIn(host); !address.empty()) {
    return made(std::move(address));
  }
  std::string_view rest = host;
  if (rest.starts_with("*.")) rest.remove_prefix(2);
  while (true) {
    const std::size_t dot = rest.find('.');
    const std::string_view label = rest.substr(0, dot);
    if (!isLabel(label) || (dot == std::string_view::npos && isNumber(label))) {
      return wrong(text, text.find('*') == std::string_view::npos
                             ? "is not a DNS name in ASCII"
                             : "has a \"*\" that does not stand for the first label of a name");
    }
    if (dot == std::string_view::npos) return made(std::move(host));
    rest.remove_prefix(dot + 1);
  }
}

std::string wildcardOf(std::string_view host) {
  const std::size_t dot = host.find('.');
  if (dot == 0 || dot == std::string_view::npos || dot + 1 == host.size()) return {};
  return "*" + std::string(host.substr(dot));
}

}  // namespace skiff
