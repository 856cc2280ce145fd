#!/usr/bin/env bash
# Measures HTTP/2 against HTTP/1.1, both over TLS, with h2load: scripts/bench-http2.sh [ROUNDS] [REQUESTS]
# One shard, 8 connections, in turns; prints medians, and ends with 1 if HTTP/2 with 64 streams a connection has less than
# 0.7 of what HTTP/1.1 has. Needs build/release.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly rounds=${1:-5} requests=${2:-60000} least=0.7
fail() {
  echo "bench-http2.sh: $1" >&2
  exit 1
}

folder=$(mktemp -d)
daemon=
clean_up() {
  [[ -z $daemon ]] || { kill "$daemon" && wait "$daemon"; } 2>/dev/null || true
  rm -rf "$folder"
}
trap clean_up EXIT

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost \
  -addext subjectAltName=DNS:localhost -keyout "$folder/key.pem" -out "$folder/certificate.pem" 2>/dev/null
cat >"$folder/skiff.toml" <<END
data_dir = "var"
[server]
listen = []
listen_tls = ["127.0.0.1:0"]
shards = 1
access_log = "off"
http2_resets = 100000
[[certificate]]
certificate = "certificate.pem"
key = "key.pem"
[admin]
listen = "127.0.0.1:0"
[[tenant]]
name = "acme"
[[tenant.app]]
name = "hello"
module = "$PWD/build/release/guests/hello.wasm"
routes = ["localhost/*"]
END
build/release/bin/skiffd --config "$folder/skiff.toml" 2>"$folder/log" >/dev/null &
daemon=$!
for ((tries = 0; tries < 300; ++tries)); do
  ! grep -q ' ready: ' "$folder/log" || break
  kill -0 "$daemon" 2>/dev/null || break
  sleep 0.1
done
port=$(sed -nE 's|.* listening on https://127.0.0.1:([0-9]+)$|\1|p' "$folder/log")
[[ -n $port ]] && grep -q ' ready: ' "$folder/log" || fail "skiffd does not become ready: $(cat "$folder/log")"

# run ARGUMENT...: requests a second, of which none may fail.
run() {
  local said
  said=$(h2load -n "$requests" -c 8 "$@" "https://localhost:$port/")
  grep -q "$requests succeeded, 0 failed, 0 errored" <<<"$said" || fail "h2load $*: $said"
  sed -nE 's|^finished in .*, ([0-9.]+) req/s,.*|\1|p' <<<"$said"
}
median() { sort -n | sed -n "$(((rounds + 1) / 2))p"; }

for ((round = 0; round < rounds; ++round)); do
  run -m 64 >>"$folder/http2"
  run --h1 -m 1 >>"$folder/http1"
  run --h1 -m 64 >>"$folder/pipelined"
done
http2=$(median <"$folder/http2")
http1=$(median <"$folder/http1")
pipelined=$(median <"$folder/pipelined")
printf 'hello over TLS, requests a second, medians of %s rounds of %s requests on 8 connections:\n' "$rounds" "$requests"
awk -v http2="$http2" -v http1="$http1" -v pipelined="$pipelined" -v least="$least" 'BEGIN {
  printf "  HTTP/2, 64 streams      %9.0f\n", http2
  printf "  HTTP/1.1                %9.0f   HTTP/2 has %.2f of it\n", http1, http2 / http1
  printf "  HTTP/1.1, 64 pipelined  %9.0f   HTTP/2 has %.2f of it\n", pipelined, http2 / pipelined
  exit http2 / http1 < least || http2 / pipelined < least
}' || fail "HTTP/2 has less than $least"
