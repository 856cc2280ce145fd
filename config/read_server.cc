#include "config/read_server.h"

#include <array>
#include <utility>

#include "config/address.h"
#include "config/printable.h"

namespace skiff {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kShortestTime{1};
constexpr milliseconds kLongestTime{86'400'000};  // a day
constexpr std::uint32_t kMostShards = 1'024;
constexpr std::uint32_t kMostConnections = 1'000'000;
constexpr std::uint32_t kMostHeaders = 10'000;
constexpr std::uint32_t kMostStreams = 10'000;
constexpr std::uint32_t kMostFrames = 1'000'000;
constexpr std::uint32_t kMostContinuations = 1'000;
constexpr std::uint32_t kLargestNursery = 1'024;
constexpr std::size_t kMostAddresses = 64;

constexpr std::array<Choice<ResetMode>, 5> kResetModes{{{"auto", ResetMode::automatic},
                                                        {"hot", ResetMode::hot},
                                                        {"scan", ResetMode::scan},
                                                        {"discard", ResetMode::discard},
                                                        {"fresh", ResetMode::fresh}}};

/// The addresses that listeners have taken, and where the file says so.
class TakenAddresses {
 public:
  bool empty() const { return taken_.empty(); }

  /// `where` is line 0 for a default.
  void add(const ListenAddress& address, TextPosition where) {
    taken_.emplace_back(address, where);
  }

  /// Where the address was taken. Port 0 never is: each such listener gets a free port of its own.
  std::optional<TextPosition> find(const ListenAddress& address) const {
    if (address.port == 0) return std::nullopt;
    for (const auto& [other, where] : taken_) {
      if (other == address) return where;
    }
    return std::nullopt;
  }

  /// Reads `text` and takes the address; nothing, and a report, if it is none or is taken.
  std::optional<ListenAddress> read(std::string_view key, const LocatedText& text,
                                    TableReader& table) {
    const std::string prefix = std::string(key) + ": ";
    auto address = parseListenAddress(text.value);
    if (address.has_error()) {
      table.report(text.where, prefix + address.error().message);
      return std::nullopt;
    }
    if (const auto where = find(*address)) {
      const std::string user =
          where->line == 0 ? "is [server]'s default" : "is on line " + std::to_string(where->line);
      table.report(text.where, prefix + inQuotes(text.value) + " " + user +
                                   " already; give each listener an address of its own");
      return std::nullopt;
    }
    add(*address, text.where);
    return *address;
  }

 private:
  std::vector<std::pair<ListenAddress, TextPosition>> taken_;
};

/// May there be no address at all?
enum class Empty : bool { no, yes };

void readAddresses(std::string_view key, std::string_view example, Empty empty, TableReader& table,
                   TakenAddresses& taken, std::vector<ListenAddress>& listen) {
  const auto texts = table.texts(key, example);
  if (!texts) return;
  const std::string name(key);
  if (texts->empty() && empty == Empty::no) {
    table.report(table.where(key), name + " holds no address; write at least one, such as " + name +
                                       " = " + std::string(example));
    return;
  }
  if (texts->size() > kMostAddresses) {
    table.report(table.where(key), name + " holds " + std::to_string(texts->size()) +
                                       " addresses; it takes at most " +
                                       std::to_string(kMostAddresses));
    return;
  }
  listen.clear();
  for (const LocatedText& text : *texts) {
    if (auto address = taken.read(key, text, table)) listen.push_back(*std::move(address));
  }
}

void readListen(TableReader& table, TakenAddresses& taken, ServerConfig& server) {
  // With listen_tls, a server may do without plain HTTP.
  const Empty empty = table.has("listen_tls") ? Empty::yes : Empty::no;
  readAddresses("listen", R"(["127.0.0.1:8080"])", empty, table, taken, server.listen);
  if (!table.has("listen")) {
    for (const ListenAddress& address : server.listen) taken.add(address, {});
  }
  readAddresses("listen_tls", R"(["127.0.0.1:8443"])", Empty::no, table, taken, server.listenTls);
}

void readAccessLog(TableReader& table, const PathBase& paths, std::string& accessLog) {
  const auto text = table.text("access_log", R"("-")");
  if (!text) return;
  if (text->value == "-" || text->value == "off") {
    accessLog = text->value;
  } else if (const auto path = paths.resolve("access_log", *text, table)) {
    accessLog = path->string();
  }
}

void readHttp2(TableReader& table, ServerConfig& server) {
  table.boolean("http2", server.http2);
  table.boolean("http2_cleartext", server.http2Cleartext);
  table.integer("http2_streams", 1U, kMostStreams, server.http2Streams);
  table.integer("http2_resets", 1U, kMostFrames, server.http2Resets);
  table.integer("http2_control_frames", 10U, kMostFrames, server.http2ControlFrames);
  table.integer("http2_continuations", 0U, kMostContinuations, server.http2Continuations);
  table.size("http2_window", 64_KiB, 64_MiB, server.http2Window);
  table.size("http2_unsent", 64_KiB, 1_GiB, server.http2Unsent);
}

ServerConfig readServer(TableReader table, const PathBase& paths, TakenAddresses& taken) {
  ServerConfig server;
  readListen(table, taken, server);
  table.boolean("strict_sni", server.strictSni);
  table.boolean("prewarm", server.prewarm);
  table.integer("shards", 0U, kMostShards, server.shards);
  table.size("max_uri", ByteSize(16), 1_MiB, server.maxUri);
  table.size("max_headers", ByteSize(64), 16_MiB, server.maxHeaders);
  table.integer("max_header_count", 1U, kMostHeaders, server.maxHeaderCount);
  const auto time = [&](std::string_view key, milliseconds& into) {
    table.milliseconds(key, kShortestTime, kLongestTime, into);
  };
  time("handshake_timeout_ms", server.handshakeTimeout);
  time("header_timeout_ms", server.headerTimeout);
  time("body_timeout_ms", server.bodyTimeout);
  time("write_timeout_ms", server.writeTimeout);
  time("idle_timeout_ms", server.idleTimeout);
  table.integer("connections_per_address", 1U, kMostConnections, server.connectionsPerAddress);
  table.integer("max_connections", 1U, kMostConnections, server.maxConnections);
  readHttp2(table, server);
  table.milliseconds("drain_timeout_ms", milliseconds(0), kLongestTime, server.drainTimeout);
  table.milliseconds("drain_idle_ms", milliseconds(0), kLongestTime, server.drainIdle);
  time("restart_timeout_ms", server.restartTimeout);
  table.integer("nursery", 0U, kLargestNursery, server.nursery);
  table.size("memory_target", ByteSize(0), ByteSize(std::uint64_t{1} << 50), server.memoryTarget);
  time("idle_instance_ms", server.idleInstance);
  table.choice("reset", kResetModes, server.reset);
  readAccessLog(table, paths, server.accessLog);
  table.boolean("server_timing", server.serverTiming);
  table.finish();
  return server;
}

std::filesystem::path readPath(std::string_view key, std::string_view example, TableReader& table,
                               const PathBase& paths) {
  const auto text = table.text(key, example);
  return text ? paths.resolve(key, *text, table).value_or("") : "";
}

/// TLS on the admin listener: certificate and key together; client_ca only with these.
void readAdminTls(TableReader& table, const PathBase& paths, AdminConfig& admin) {
  admin.certificate = readPath("certificate", R"("admin.pem")", table, paths);
  admin.key = readPath("key", R"("admin.key")", table, paths);
  admin.clientCa = readPath("client_ca", R"("operators.pem")", table, paths);
  if (table.has("certificate") != table.has("key")) {
    const bool hasKey = table.has("key");
    table.report(table.where(hasKey ? "key" : "certificate"),
                 std::string(hasKey ? "key" : "certificate") + " is there without " +
                     (hasKey ? "certificate" : "key") +
                     "; TLS takes both, each the name of a PEM file");
  } else if (table.has("client_ca") && !table.has("certificate")) {
    table.report(table.where("client_ca"),
                 "client_ca asks for clients' certificates, which takes TLS; add certificate and "
                 "key, each the name of a PEM file");
  }
}

void readAdmin(TableReader& root, const PathBase& paths, TakenAddresses& taken,
               AdminConfig& admin) {
  auto table = root.table("admin", "[admin]");
  const auto text = table ? table->text("listen", R"("127.0.0.1:9090")") : std::nullopt;
  if (text) {
    if (auto address = taken.read("listen", *text, *table)) admin.listen = *std::move(address);
  } else if (const auto where = taken.find(admin.listen)) {
    root.report(*where, "listen: " + inQuotes(admin.listen.text()) +
                            " is where [admin] listens unless told otherwise; give one of them "
                            "another port");
  }
  if (!table) return;
  readAdminTls(*table, paths, admin);
  if (text && !admin.listen.isLoopback() && !table->has("certificate")) {
    table->report(text->where,
                  "listen: " + inQuotes(admin.listen.text()) +
                      " can be reached from other machines, and tokens would travel to it in the "
                      "clear; add certificate and key to [admin], each the name of a PEM file (and "
                      "client_ca for who may connect), or listen on 127.0.0.1");
  }
  table->finish();
}

}  // namespace

void readListeners(TableReader& root, const PathBase& paths, ServerConfig& server,
                   AdminConfig& admin) {
  TakenAddresses taken;
  if (auto table = root.table("server", "[server]")) server = readServer(*table, paths, taken);
  if (taken.empty()) {
    for (const ListenAddress& address : server.listen) taken.add(address, {});
  }
  readAdmin(root, paths, taken, admin);
}

}  // namespace skiff
