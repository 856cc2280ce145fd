#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/byte_size.h"

namespace skiff {

/// A bound address. `port` 0 asks the system for a free one.
struct ListenAddress {
  std::string host;  ///< a literal IPv4 or IPv6 address, without brackets
  std::uint16_t port = 0;

  std::string text() const;  ///< "127.0.0.1:8080", "[::1]:8080"
  bool isLoopback() const;
  bool operator==(const ListenAddress&) const = default;
};

/// Ceilings that no configuration may exceed.
struct LimitCeilings {
  static constexpr std::chrono::milliseconds kCpu{300'000};
  static constexpr std::chrono::milliseconds kWall{3'600'000};
  static constexpr std::chrono::milliseconds kQueue{60'000};
  static constexpr ByteSize kMemory = 4_GiB;
  static constexpr ByteSize kHeap = 2_GiB;
  static constexpr ByteSize kMemoryTotal = ByteSize(std::uint64_t{1} << 40);
  static constexpr ByteSize kBody = ByteSize(std::uint64_t{1} << 40);
  static constexpr std::uint32_t kConcurrency = 1'000'000;
  static constexpr std::uint32_t kCpuShare = 1'000'000;
  static constexpr std::chrono::milliseconds kCpuBurst{3'600'000};
  static constexpr std::uint32_t kWeight = 100;
  static constexpr std::uint32_t kRate = 10'000'000;
  static constexpr ByteSize kIoBytesPerSecond = ByteSize(std::uint64_t{1} << 40);
  static constexpr std::uint32_t kIoOpsPerSecond = 10'000'000;
  static constexpr ByteSize kLogBytesPerSecond = 64_MiB;
};

/// The limits of a tenant or an app, resolved: its own, else the tenant's, else the server's. On a
/// tenant they hold for all of its apps together, on an app for that app; those of one request or
/// one instance hold for each.
struct Limits {
  // One request.
  std::chrono::milliseconds cpu{50};             ///< `cpu_ms`: CPU time of one request
  std::chrono::milliseconds wall{30'000};        ///< `wall_ms`: wall time of one request
  ByteSize requestBody = 100_MiB;                ///< `request_body`: largest request body accepted
  ByteSize responseBody = LimitCeilings::kBody;  ///< `response_body`: largest response body sent
  std::chrono::milliseconds queue{1'000};        ///< `queue_ms`: longest wait for a turn; 0: none

  // One instance. A change has the module prepared anew, for the requests from then on. Requests in
  // flight go on with what they were prepared for, but a lower `memory` holds for them at once: at
  // their next growth or write to `/tmp`.
  ByteSize memory = 128_MiB;  ///< `memory`: linear memory and `/tmp`
  ByteSize heap = 128_MiB;    ///< `heap`: the engine's own heap of an isolate

  // The tenant or app as a whole. 0 stands for no limit where it says so.
  std::uint32_t cpuShare = 0;  ///< `cpu_share`: thousandths of a core, sustained; 0: no limit
  std::chrono::milliseconds cpuBurst{1'000};  ///< `cpu_burst_ms`: CPU time that may be saved up
  /// `weight`: its part of the CPU and of places where there are not enough: a tenant's among all
  /// tenants, an app's among those of its tenant.
  std::uint32_t weight = 10;
  ByteSize memoryTotal = 4_GiB;         ///< `memory_total`: memory of all instances
  std::uint32_t concurrency = 1'000;    ///< `concurrency`: requests in flight at once
  std::uint32_t rate = 0;               ///< `rate`: requests a second; 0: no limit
  std::uint32_t rateBurst = 0;          ///< `rate_burst`: requests at once; 0: one second's worth
  ByteSize ioBytesPerSecond{0};         ///< `io_bytes_per_s`: files and origin; 0: no limit
  std::uint32_t ioOpsPerSecond = 0;     ///< `io_ops_per_s`: files and origin; 0: no limit
  ByteSize logBytesPerSecond = 64_KiB;  ///< `log_bytes_per_s`: what its guests log; 0: nothing

  bool operator==(const Limits&) const = default;
};

/// A host directory that a guest may see.
struct DirectoryGrant {
  std::filesystem::path host;  ///< absolute
  std::string guest;           ///< absolute path inside the guest
  bool write = false;

  bool operator==(const DirectoryGrant&) const = default;
};

/// What an instance is reused as; see docs/architecture.md, "Pristine instances".
enum class Reuse : std::uint8_t {
  pristine,  ///< every request sees the instance as it was after initialisation (the default)
  dirty,     ///< `reuse = "dirty"`: state is kept from one request to the next
};

/// When an instance is initialised; see docs/architecture.md, "Pristine instances".
enum class Snapshot : std::uint8_t {
  automatic,  ///< once per version, unless the module then asks for randomness or the time
  always,     ///< once per version, also then: all requests see the same "random" state
  never,      ///< once per request
};

/// What guests read from their clocks; see docs/architecture.md, "Clocks".
enum class ClockKind : std::uint8_t {
  frozen,   ///< stands still while the guest computes, moves on where it waits (the default)
  coarse,   ///< in whole milliseconds
  precise,  ///< as the system's
};

struct AppConfig {
  std::string name;                 ///< [a-z0-9-], 1 to 63 characters
  std::filesystem::path module;     ///< absolute
  std::vector<std::string> args;    ///< `args`: the program's arguments behind its name
  std::vector<std::string> routes;  ///< each "host/path", see router/route_pattern.h
  int priority = 0;                 ///< `priority`: breaks ties between equally specific routes
  std::vector<std::pair<std::string, std::string>> env;  ///< in the order of the file
  std::vector<DirectoryGrant> dirs;
  std::optional<std::filesystem::path> files;  ///< `files`: absolute; the guest's read-only "/"
  /// `tmp`: a "/tmp" in memory, each request's own, counted against its memory.
  bool tmp = true;
  std::string config;                 ///< what get_config returns
  std::optional<std::string> origin;  ///< "http://host[:port]"; http-wasm only
  std::uint32_t minInstances = 0;
  std::uint32_t maxInstances = 64;  ///< over all shards
  Reuse reuse = Reuse::pristine;
  Snapshot snapshot = Snapshot::automatic;
  ClockKind clock = ClockKind::frozen;  ///< its tenant's
  bool debug = false;  ///< `debug`: answers to failed requests say what the guest did
  /// Not a key: whether `origin` may be a name that leads to an address that is not public. The
  /// file's may; an app's of the API may be a tenant's choice, so it may not.
  bool trustedOrigin = true;
  Limits limits;

  bool operator==(const AppConfig&) const = default;
};

struct TenantConfig {
  std::string name;  ///< [a-z0-9-], 1 to 63 characters
  Limits limits;     ///< for all of its apps together
  std::vector<AppConfig> apps;
  ClockKind clock = ClockKind::frozen;  ///< `clock`: of all of its apps

  bool operator==(const TenantConfig&) const = default;
};

/// How an instance is brought back to its pristine state. `automatic` takes the best that the
/// kernel offers; the others exist to compare and to test.
enum class ResetMode : std::uint8_t { automatic, hot, scan, discard, fresh };

/// `[[certificate]]`: what a TLS listener shows to prove that it speaks for a host.
struct CertificateConfig {
  /// `certificate`: absolute; PEM, the host's own first, then those that vouch for it.
  std::filesystem::path certificate;
  std::filesystem::path key;  ///< `key`: absolute; PEM, not encrypted
  /// `hosts`: "example.com", "*.example.com", lower case; empty: those that the certificate names.
  std::vector<std::string> hosts;
  std::string tenant;  ///< `tenant`: whose hosts they are; empty: anybody's

  bool operator==(const CertificateConfig&) const = default;
};

/// `[server]`: what a restart is needed to change.
struct ServerConfig {
  std::vector<ListenAddress> listen{{"127.0.0.1", 8080}};
  std::vector<ListenAddress> listenTls;  ///< `listen_tls`: the same over TLS
  bool strictSni = false;  ///< `strict_sni`: a request's host must be its connection's
  bool prewarm = true;     ///< a TLS handshake that names an app's host has the app loaded
  std::chrono::milliseconds handshakeTimeout{10'000};  ///< a TLS handshake, from its connection on
  std::uint32_t shards = 0;                            ///< 0: one per core
  ByteSize maxUri = 8_KiB;
  ByteSize maxHeaders = 32_KiB;  ///< all header fields of a request together
  std::uint32_t maxHeaderCount = 100;
  std::chrono::milliseconds headerTimeout{10'000};  ///< first byte of a request to end of its head
  std::chrono::milliseconds bodyTimeout{30'000};    ///< longest pause while a body is awaited
  std::chrono::milliseconds writeTimeout{30'000};   ///< longest pause while a client takes nothing
  std::chrono::milliseconds idleTimeout{60'000};    ///< between requests of a connection
  std::uint32_t connectionsPerAddress = 4'096;
  std::uint32_t maxConnections = 65'536;
  bool http2 = true;                         ///< offered over TLS
  bool http2Cleartext = false;               ///< without TLS, to clients that begin with it
  std::uint32_t http2Streams = 100;          ///< of a connection, at a time
  std::uint32_t http2Resets = 200;           ///< of a connection's streams, in ten seconds
  std::uint32_t http2ControlFrames = 1'000;  ///< without use, of a connection, in ten seconds
  std::uint32_t http2Continuations = 8;      ///< CONTINUATION frames of one block of fields
  ByteSize http2Window = 1_MiB;  ///< of a connection: bodies that guests have not read yet
  ByteSize http2Unsent = 4_MiB;  ///< of a connection: answers that wait for its client
  std::chrono::milliseconds drainTimeout{30'000};  ///< SIGTERM to the end of what is in flight
  /// While draining, an idle connection may still ask, and is answered that this was its last time.
  std::chrono::milliseconds drainIdle{1'000};
  std::chrono::milliseconds restartTimeout{300'000};  ///< for a successor to become ready
  std::uint32_t nursery = 4;  ///< blank isolates kept ready, all shards together
  /// Resident memory above which idle instances are given back; 0: 70% of what there is.
  ByteSize memoryTarget{0};
  std::chrono::milliseconds idleInstance{300'000};  ///< an instance unused that long is given back
  ResetMode reset = ResetMode::automatic;
  std::string accessLog = "-";  ///< a file, "-" for standard output, "off"
  bool serverTiming = false;    ///< answers say where their time in the server went

  bool operator==(const ServerConfig&) const = default;
};

struct AdminConfig {
  ListenAddress listen{"127.0.0.1", 9090};  ///< beyond loopback only with a certificate
  std::filesystem::path certificate;  ///< `certificate`: absolute; PEM; empty: HTTP without TLS
  std::filesystem::path key;          ///< `key`: absolute; PEM; there if the certificate is
  /// `client_ca`: absolute; PEM: clients must show a certificate that one of these vouches for.
  std::filesystem::path clientCa;

  bool isTls() const { return !certificate.empty(); }

  bool operator==(const AdminConfig&) const = default;
};

/// Whether the daemon gives up, once its listeners are open, what it no longer needs.
enum class SandboxMode : std::uint8_t {
  off,
  automatic,  ///< the default: what the kernel offers of it
  required,   ///< all of it: it does not serve without
};

/// `[sandbox]`: what a restart is needed to change; see docs/sandbox.md.
struct SandboxConfig {
  SandboxMode mode = SandboxMode::automatic;
  // Absolute; folders that it may open beside those that the configuration names at the start.
  std::vector<std::filesystem::path> read;
  std::vector<std::filesystem::path> write;

  bool operator==(const SandboxConfig&) const = default;
};

/// `[deploy]`: what may be deployed through the API, and what is kept of it.
struct DeployConfig {
  ByteSize blobsMax = 10_GiB;                      ///< all content that is kept on disk
  ByteSize tenantBlobsMax = 2_GiB;                 ///< content that one tenant's versions need
  std::chrono::milliseconds pullTimeout{600'000};  ///< of one version, from request to disk
  ByteSize layerMax = 256_MiB;                     ///< a module, or one layer as it is stored
  ByteSize unpackedMax = 1_GiB;                    ///< all files of one image
  std::uint32_t versionsKept = 20;                 ///< of an app; those in use are beside these

  bool operator==(const DeployConfig&) const = default;
};

/// `[registry."HOST"]`: how an OCI registry is spoken to.
struct RegistrySettings {
  bool plainHttp = false;  ///< `plain_http`: without TLS
  std::string username;    ///< `username`; empty: anonymous
  /// `password_file`: absolute; read whenever the password is needed, so that it can be changed.
  std::optional<std::filesystem::path> passwordFile;
  std::optional<std::filesystem::path> ca;  ///< `ca`: absolute; PEM, trusted beside the system's
  std::optional<std::string> mirror;        ///< `mirror`: the registry that is asked first

  bool operator==(const RegistrySettings&) const = default;
};

/// All of them, by name: see config/registry_name.h.
struct OciConfig {
  std::map<std::string, RegistrySettings, std::less<>> registries;

  /// Those of a registry, or the defaults.
  RegistrySettings of(std::string_view registry) const;
  bool operator==(const OciConfig&) const = default;
};

/// The whole configuration, checked and resolved: every path absolute, every limit filled in.
struct Config {
  std::filesystem::path file;     ///< where it was read from
  std::filesystem::path dataDir;  ///< absolute; `data_dir`, default "var" beside the file
  ServerConfig server;
  AdminConfig admin;
  SandboxConfig sandbox;
  DeployConfig deploy;
  Limits limits;  ///< `[limits]`
  OciConfig oci;
  std::vector<CertificateConfig> certificates;  ///< the first is for clients that name no host
  std::vector<TenantConfig> tenants;
};

}  // namespace skiff
