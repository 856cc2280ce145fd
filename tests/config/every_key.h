#pragma once

#include <string_view>

namespace skiff {

/// A configuration with every key there is, each with a value that is not its default.
inline constexpr std::string_view kEveryKey = R"toml(
data_dir = "../state"

[server]
listen = ["0.0.0.0:80", "[::1]:8080", "127.0.0.1:0"]
listen_tls = ["0.0.0.0:443", "127.0.0.1:0"]
strict_sni = true
prewarm = false
handshake_timeout_ms = 1007
shards = 3
max_uri = "4KiB"
max_headers = "16KiB"
max_header_count = 50
header_timeout_ms = 1001
body_timeout_ms = 1002
write_timeout_ms = 1003
idle_timeout_ms = 1004
connections_per_address = 17
max_connections = 1000
http2 = false
http2_cleartext = true
http2_streams = 18
http2_resets = 19
http2_control_frames = 20
http2_continuations = 21
http2_window = "2MiB"
http2_unsent = "3MiB"
drain_timeout_ms = 0
drain_idle_ms = 1008
restart_timeout_ms = 1009
nursery = 9
memory_target = "2GiB"
idle_instance_ms = 1005
reset = "scan"
access_log = "logs/access.json"
server_timing = true

[admin]
listen = "192.0.2.1:9191"
certificate = "tls/admin.pem"
key = "/etc/tls/admin.key"
client_ca = "tls/operators.pem"

[sandbox]
mode = "required"
read = ["sites", "/srv/a"]
write = ["/srv/b"]

[deploy]
blobs_max = "64MiB"
tenant_blobs_max = "16MiB"
pull_timeout_ms = 1006
layer_max = "65MiB"
unpacked_max = "66MiB"
versions_kept = 2

[registry."Registry.Example:5000"]
username = "robot"
password_file = "secrets/registry"
ca = "/etc/registry-ca.pem"
mirror = "[0:0::1]:5001"

[registry."127.0.0.1:5000"]
plain_http = true

[[certificate]]
certificate = "tls/acme.pem"
key = "/etc/tls/acme.key"
hosts = ["Acme.Example.", "*.acme.example"]
tenant = "acme"

[[certificate]]
certificate = "tls/other.pem"
key = "tls/other.key"

[[tenant]]
name = "acme"

[[tenant.app]]
name = "hello"
module = "guests/hello.wasm"
routes = ["hello.localhost/*", "*.hello.localhost/a"]
priority = -5
args = ["--verbose", ""]
env = { ZEBRA = "1", ANT = "two words", EMPTY = "" }
dirs = [
  { host = "site", guest = "/www", write = false },
  { host = "/srv/data/", guest = "/data/", write = true },
]
files = "site/public/"
tmp = false
config = """
text or "bytes"
that get_config returns"""
origin = "http://Origin.Example:9000"
min_instances = 1
max_instances = 8
reuse = "dirty"
snapshot = "always"
debug = true

[tenant.app.limits]
wall_ms = 2000

[[tenant.app]]
name = "plain"
module = "/opt/plain.wasm"
routes = ["plain.localhost/*"]

[tenant.limits]
cpu_ms = 20
memory = "64MiB"

[[tenant]]
name = "other"

# After the tenants that it is the default of.
[limits]
cpu_ms = 10
wall_ms = 9000
memory = "32MiB"
request_body = "1MiB"
response_body = "2MiB"
queue_ms = 5
heap = "48MiB"
cpu_share = 250
cpu_burst_ms = 123
weight = 7
memory_total = "1GiB"
concurrency = 77
rate = 11
rate_burst = 12
io_bytes_per_s = "3MiB"
io_ops_per_s = 13
log_bytes_per_s = "5KiB"
)toml";

}  // namespace skiff
