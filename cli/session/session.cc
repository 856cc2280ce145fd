#include "cli/session/session.h"

#include <boost/json.hpp>
#include <ostream>
#include <stdexcept>

#include "cli/session/json_fields.h"
#include "config/printable.h"

namespace skiff::cli {
namespace {

namespace json = boost::json;

constexpr std::size_t kPage = 1000;
constexpr std::size_t kMaxPages = 1000;
constexpr std::string_view kDefaultAddress = "http://127.0.0.1:9090";

}  // namespace

void throw_exception_from_error(ExitStatus, const boost::source_location&) {
  throw std::logic_error("an answer was taken that is not there");
}

std::string escapeSegment(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool isPlain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                         (c >= '0' && c <= '9') || c == '-' || c == '_';
    if (isPlain) {
      out.push_back(c);
    } else {
      out.append({'%', kDigits[byte >> 4], kDigits[byte & 0xF]});
    }
  }
  return out;
}

std::string pathOf(std::initializer_list<std::string_view> segments) {
  std::string path = "/v1";
  for (const std::string_view segment : segments) path.append("/").append(escapeSegment(segment));
  return path;
}

std::filesystem::path Session::credentialsFile() const {
  return cli::credentialsFile(environment("XDG_CONFIG_HOME"), environment("HOME"));
}

TlsFiles Session::tlsFiles(const TlsFiles& stored) const {
  const auto first = [](const std::string& option, const std::string& otherwise) {
    return option.empty() ? otherwise : option;
  };
  TlsFiles files{first(options_.tls.ca, environment("SKIFF_CA")),
                 first(options_.tls.certificate, environment("SKIFF_CERT")),
                 first(options_.tls.key, environment("SKIFF_KEY"))};
  if (files.ca.empty()) files.ca = stored.ca;
  if (files.certificate.empty()) {
    files.certificate = stored.certificate;
    files.key = stored.key;
  }
  return files;
}

Answer<Access> Session::access() {
  if (!access_) {
    auto found = findAccess();
    if (!found) return found;
    access_ = std::move(*found);
  }
  return *access_;
}

Answer<Access> Session::findAccess() {
  const std::string admin = options_.admin.empty() ? environment("SKIFF_ADMIN") : options_.admin;
  const std::string dataDir =
      options_.dataDir.empty() ? environment("SKIFF_DATA_DIR") : options_.dataDir;
  const std::string hostName = options_.host.empty() ? environment("SKIFF_HOST") : options_.host;
  const auto credentials = readCredentials(credentialsFile());
  if (!credentials) return fail(credentials.error().message);

  Access access;
  std::string url = admin;
  const HostEntry* host = nullptr;
  if (!hostName.empty()) {
    host = credentials->find(hostName);
    if (!host) {
      return fail("there is no host " + inQuotes(hostName),
                  "skiff hosts lists those you logged in to; skiff login --name adds one");
    }
  } else if (admin.empty() && dataDir.empty()) {
    host = credentials->find(credentials->current);
  }
  if (host && url.empty()) url = host->url;
  const auto address = AdminAddress::parse(url.empty() ? kDefaultAddress : url);
  if (!address) return fail(address.error().message);
  access.address = *address;

  // A token is only for whom it was given to.
  const auto isHere = [&](const HostEntry& entry) {
    const auto stored = AdminAddress::parse(entry.url);
    return stored && *stored == *address;
  };
  if (!host) {
    for (const auto& [name, entry] : credentials->hosts) {
      if (!host && isHere(entry)) host = &entry;
    }
  }
  TlsFiles stored;
  if (host && isHere(*host)) {
    access.token = host->token;
    access.tenant = host->tenant;
    stored = host->tls;
  }
  access.address.tls = tlsFiles(stored);
  // The operator's token of this machine's daemon must not go to another machine.
  const bool isLocal = address->isLoopback() && hostName.empty();
  if (!options_.dataDir.empty() && !isLocal) {
    return fail("--data-dir is for the daemon on this machine, not for " + address->url(),
                "leave out --data-dir, or --admin and --host");
  }
  if (!dataDir.empty() && isLocal) {
    const auto token = readTokenFile(std::filesystem::path(dataDir) / "operator.token");
    if (!token) {
      return fail(token.error().message,
                  "--data-dir (or SKIFF_DATA_DIR) is the daemon's data_dir, in which it writes the "
                  "operator's first token; who may not read it logs in: skiff login");
    }
    access.token = *token;
  }
  if (const std::string token = environment("SKIFF_TOKEN"); !token.empty()) {
    if (!isToken(token)) return fail("SKIFF_TOKEN is set but holds no token");
    access.token = token;
  }
  return access;
}

Answer<Reply> Session::tryAsk(Request request, const TransferHooks& hooks,
                              std::optional<TransferLimits> limits) {
  const auto where = access();
  if (!where) return where.error();
  if (where->token.empty()) {
    return fail("there is no token for " + where->address.url(),
                "log in: skiff login --admin " + where->address.url() +
                    "; or, on the daemon's machine, name its data_dir: --data-dir PATH");
  }
  request.token = where->token;
  auto reply = transfer(where->address, request, limits.value_or(limits_), hooks);
  if (!reply) return fail(reply.error().message);
  return std::move(*reply);
}

Answer<Reply> Session::ask(Request request, const TransferHooks& hooks,
                           std::optional<TransferLimits> limits) {
  const std::string target = request.target;
  auto reply = tryAsk(std::move(request), hooks, limits);
  if (reply && (reply->status < 200 || reply->status > 299)) return explain(target, *reply);
  return reply;
}

Answer<json::value> Session::askJson(Request request) {
  const std::string target = request.target;
  const auto reply = ask(std::move(request));
  if (!reply) return reply.error();
  json::value value = parseJson(reply->body);
  if (!value.is_object()) return explain(target, *reply);
  return value;
}

Answer<json::array> Session::list(const std::string& target) {
  json::array items;
  std::string after;
  for (std::size_t page = 0; page < kMaxPages; ++page) {
    std::string query = target + "?limit=" + std::to_string(kPage);
    if (!after.empty()) query += "&after=" + escapeSegment(after);
    const auto answer = get(query);
    if (!answer) return answer.error();
    for (const json::value& item : listOf(*answer, "items")) items.push_back(item);
    const std::string next = textOf(*answer, "next");
    if (next.empty() || next == after) return items;
    after = next;
  }
  return items;
}

Answer<std::string> Session::tenant() {
  std::string name = options_.tenant.empty() ? environment("SKIFF_TENANT") : options_.tenant;
  if (name.empty()) {
    const auto where = access();
    if (!where) return where.error();
    name = where->tenant;
  }
  if (name.empty()) {
    const auto answer = get("/v1/tenants?limit=20");
    if (!answer) return answer.error();
    const json::array& items = listOf(*answer, "items");
    if (items.empty()) return fail("there is no tenant yet", "skiff tenants create NAME");
    if (items.size() > 1) {
      std::string names;
      for (const json::value& item : items)
        names += (names.empty() ? "" : ", ") + textOf(item, "name");
      if (!textOf(*answer, "next").empty()) names += ", …";
      return fail("there are several tenants",
                  "name one: --tenant or SKIFF_TENANT; known are " + names);
    }
    name = textOf(items.front(), "name");
  }
  isAbout(name);
  return name;
}

void Session::isAbout(std::string tenant, std::string app) {
  aboutTenant_ = std::move(tenant);
  aboutApp_ = std::move(app);
}

ExitStatus Session::fail(std::string_view message, std::string_view hint, ExitStatus status) {
  std::ostream& errors = console().errors;
  errors << "skiff: " << printable(message) << "\n";
  if (!hint.empty()) errors << "       " << printable(hint) << "\n";
  return status;
}

ExitStatus Session::print(const json::value& value) {
  console().out << jsonText(value) << "\n";
  return ExitStatus::success;
}

}  // namespace skiff::cli
