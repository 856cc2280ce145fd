#pragma once

#include <boost/json/value.hpp>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "cli/exit_status.h"
#include "cli/http/transfer.h"
#include "cli/session/credentials.h"
#include "cli/terminal/console.h"

namespace skiff::cli {

/// What of the world a command may use.
struct Surroundings {
  Console console;
  /// The value of an environment variable; empty if it is not set.
  std::function<std::string(const char* name)> environment;
};

/// The options that every command has.
struct GlobalOptions {
  std::string admin;    ///< --admin
  std::string host;     ///< --host: of those that were logged in to
  std::string dataDir;  ///< --data-dir
  std::string tenant;   ///< --tenant
  TlsFiles tls{};       ///< --ca, --cert, --key
  bool json = false;    ///< --json
};

/// Whom the commands ask, and as whom.
struct Access {
  AdminAddress address;
  std::string token;   ///< empty: none is known
  std::string tenant;  ///< the default of the login; may be empty
};

/// What a command did not get, and the status that it ends with; the reason was printed.
template <class T>
using Answer = boost::system::result<T, ExitStatus>;
[[noreturn]] void throw_exception_from_error(ExitStatus status, const boost::source_location&);

/// One run of a command: finds out whom to ask, asks, and explains what comes back. One thread.
class Session {
 public:
  Session(Surroundings& surroundings, GlobalOptions options)
      : surroundings_(surroundings), options_(std::move(options)) {}

  Console& console() { return surroundings_.console; }
  const GlobalOptions& options() const { return options_; }
  bool wantsJson() const { return options_.json; }
  std::string environment(const char* name) const { return surroundings_.environment(name); }

  std::filesystem::path credentialsFile() const;

  /// Where and as whom: --data-dir (the operator's token of the daemon on this machine), --admin,
  /// --host, the login; SKIFF_TOKEN before what is stored. A stored token is only sent where it was
  /// stored for.
  Answer<Access> access();

  /// The files for TLS: of the options, else of SKIFF_CA, SKIFF_CERT and SKIFF_KEY, else of
  /// `stored`. A key goes with its certificate.
  TlsFiles tlsFiles(const TlsFiles& stored) const;

  /// Waits no longer than that for each answer that no other limits are given for.
  void hurry(std::chrono::milliseconds patience) { limits_.timeout = patience; }

  /// The answer, if it is 2xx; anything else is explained. Needs a token.
  Answer<Reply> ask(Request request, const TransferHooks& hooks = {},
                    std::optional<TransferLimits> limits = {});
  /// The same with whatever the daemon answers; only if it does not, that is explained.
  Answer<Reply> tryAsk(Request request, const TransferHooks& hooks = {},
                       std::optional<TransferLimits> limits = {});
  /// ask() for JSON.
  Answer<boost::json::value> askJson(Request request);
  Answer<boost::json::value> get(std::string target) {
    return askJson({.target = std::move(target)});
  }
  /// All items of a list that comes in pages.
  Answer<boost::json::array> list(const std::string& target);

  /// The tenant that is meant: --tenant, SKIFF_TENANT, the login's, or the only one there is.
  Answer<std::string> tenant();

  /// Of what the questions are, for what is said if it is not there.
  void isAbout(std::string tenant, std::string app = {});

  /// Says why not; the status is what to return.
  ExitStatus fail(std::string_view message, std::string_view hint = {},
                  ExitStatus status = ExitStatus::failed);
  /// The same with what the daemon answered, which is not 2xx.
  ExitStatus explain(const std::string& target, const Reply& reply);
  /// Prints JSON as one line.
  ExitStatus print(const boost::json::value& value);

 private:
  Answer<Access> findAccess();
  std::string nearNames();

  Surroundings& surroundings_;
  GlobalOptions options_;
  TransferLimits limits_;
  std::optional<Access> access_;
  std::string aboutTenant_;
  std::string aboutApp_;
};

/// A path of the API: "/v1/tenants/acme/apps" of {"tenants", "acme", "apps"}. What is no plain
/// character in a segment is escaped.
std::string pathOf(std::initializer_list<std::string_view> segments);
std::string escapeSegment(std::string_view text);

}  // namespace skiff::cli
