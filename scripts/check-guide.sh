#!/usr/bin/env bash
# Takes the programs of docs/writing-guests.md out of it, builds each by its command, serves it with the built
# daemon, sends the request and compares the answer: the guide says nothing that does not work.
#   scripts/check-guide.sh [--measure] [BUILD_FOLDER [CASE...]]
# BUILD_FOLDER is build/release unless told. Cases whose toolchain is not here are skipped, and named.
# --measure also prints size, preparation time and cost per request; needs wrk.
#
# Comments in the guide say what the block behind them is: `config` for all cases; and after `case NAME`: `file NAME`,
# `build`, `keys` (further lines of the app), `ask` and `answer`. `needs COMMAND` skips the case where the command fails;
# `rust` and `assemblyscript` are functions below.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

measure=false
if [[ ${1:-} == --measure ]]; then
  measure=true
  shift
  command -v wrk >/dev/null || { echo "check-guide.sh: --measure needs wrk" >&2; exit 1; }
fi
readonly guide=docs/writing-guests.md measure
build=$(realpath "${1:-build/release}")
shift || true
export SKIFF=$PWD TARGET=
readonly build

work=$(mktemp --directory)
daemon=
finish() {
  [[ -z $daemon ]] || kill "$daemon" 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT

# The compiler of AssemblyScript runs on the engine's executable.
PATH=$(dirname "$(echo "$SKIFF"/node_modules/node-linux-*/bin/node)"):$PATH
unset NODE_OPTIONS

rust() { # a rustc that has the target's library, under either name
  local folder
  for folder in "$(dirname "$(command -v rustc || echo /nowhere/rustc)")" /usr/bin; do
    for TARGET in wasm32-wasip1 wasm32-wasi; do
      [[ -d $("$folder"/rustc --print target-libdir --target "$TARGET" 2>/dev/null) ]] || continue
      PATH=$folder:$PATH
      return 0
    done
  done
  return 1
}

assemblyscript() { ln -s "$SKIFF/guests/assemblyscript/node_modules" node_modules; }

# Puts each case's blocks into a folder of its own, and the cases' names into `cases`.
awk -v work="$work" '
  function begin(name) { output = name; system("mkdir -p " folder); printf "" > output }
  BEGIN { folder = work }
  /^<!-- case / { folder = work "/" $3; print $3 > (work "/cases"); next }
  /^<!-- needs / { system("mkdir -p " folder); sub(/^<!-- needs /, ""); sub(/ -->$/, ""); print > (folder "/.needs"); next }
  /^<!-- file / { begin(folder "/" $3); next }
  /^<!-- (config|build|keys|ask|answer) -->$/ { begin(folder "/." $2); next }
  /^```/ { if (inside) { close(output); output = ""; inside = 0 } else if (output != "") inside = 1; next }
  inside { print > output }
' "$guide"

# wait_for COMMAND...: until it succeeds; fails after 60 s, or when the daemon has ended.
wait_for() {
  local i
  for ((i = 0; i < 600; ++i)); do
    "$@" >/dev/null && return 0
    kill -0 "$daemon" 2>/dev/null || return 1
    sleep 0.1
  done
  return 1
}

# port_of WHAT: the port that the daemon's log names behind it.
port_of() { sed -nE "s|.*$1 on http://127\.0\.0\.1:([0-9]+)\$|\1|p" log 2>/dev/null | grep .; }
curl_quietly() { curl --silent --show-error --noproxy '*' --max-time 20 "$@"; }
ready() { curl_quietly --fail "http://127.0.0.1:$1/readyz" 2>/dev/null; }
cpu_ticks() { awk '{ sub(/.*\) /, ""); print $12 + $13 }' "/proc/$daemon/stat"; }

# serve: starts the daemon with the guide's configuration, on one shard and free ports.
serve() {
  printf '%s\n' '[server]' 'listen = ["127.0.0.1:0"]' 'shards = 1' 'access_log = "off"' \
    '[admin]' 'listen = "127.0.0.1:0"' >skiff.toml
  cat "$work/.config" >>skiff.toml
  [[ ! -f .keys ]] || cat .keys >>skiff.toml
  "$build/bin/skiffd" --config skiff.toml >log 2>&1 &
  daemon=$!
  wait_for port_of admin && wait_for ready "$(port_of admin)"
}

# measure_case PORT CASE: prints a line of the guide's table.
measure_case() {
  local url body before requests after
  url=$(grep -oE "http://[^' ]+" .ask | sed "s|//[^/]*|//127.0.0.1:$1|")
  body=$(sed -nE "s/.*--data '([^']*)'.*/\1/p" .ask)
  echo 'wrk.headers["Host"] = "hello.localhost"' >wrk.lua
  [[ -z $body ]] || printf 'wrk.method = "POST"\nwrk.body = "%s"\n' "$body" >>wrk.lua
  local load=(wrk --threads 1 --connections 4 --script wrk.lua "$url")
  "${load[@]}" --duration 1 >/dev/null
  before=$(cpu_ticks)
  requests=$("${load[@]}" --duration 3 | sed -nE 's/^ *([0-9]+) requests in .*/\1/p')
  after=$(cpu_ticks)
  awk -v name="$2" -v size="$(stat --format %s hello.wasm)" -v requests="$requests" -v ticks=$((after - before)) \
    -v hertz="$(getconf CLK_TCK)" -v resident="$(sed -nE 's/^VmRSS:\s*([0-9]+).*/\1/p' "/proc/$daemon/status")" \
    -v compiled="$(sed -nE 's/.*compiled in ([0-9.]+) ms.*/\1/p' log)" 'BEGIN {
      printf "| %s | %.0f KB | %.0f ms | %.0f MB | %.1f us |\n", name, size / 1000, compiled, resident / 1024,
        ticks / hertz / requests * 1e6 }'
}

# check_case CASE: in a subshell of its own, in the case's folder. Status 77: skipped.
check_case() {
  cd "$work/$1"
  if [[ -f .needs ]] && ! eval "$(<.needs)" >/dev/null 2>&1; then return 77; fi
  bash -euo pipefail .build || { echo "its command to build it failed" >&2; return 1; }
  serve || { echo "it could not be served:" >&2; cat log >&2; return 1; }
  local port
  port=$(port_of listening)
  sed "s/:8080/:$port/; s/^curl /curl --silent --show-error --noproxy '*' --max-time 20 /" .ask >ask.sh
  bash -euo pipefail ask.sh >answered || { echo "its request failed" >&2; cat log >&2; return 1; }
  diff --label "the guide's answer" --label "skiff's answer" --unified .answer answered >&2 || { cat log >&2; return 1; }
  ! $measure || measure_case "$port" "$1"
}

readarray -t cases < <(if (($#)); then printf '%s\n' "$@"; else cat "$work/cases"; fi)
((${#cases[@]})) || { echo "check-guide.sh: found no case in $guide" >&2; exit 1; }
passed=0 skipped=() failed=()
for name in "${cases[@]}"; do
  status=0
  (
    trap '[[ -z $daemon ]] || kill "$daemon" 2>/dev/null || true' EXIT
    check_case "$name"
  ) || status=$?
  case $status in
    0) passed=$((passed + 1)) ;;
    77) skipped+=("$name") ;;
    *) failed+=("$name") && echo "check-guide.sh: $name does not do what $guide says" >&2 ;;
  esac
done
echo "$passed programs of the guide answer as it says, ${#failed[@]} do not${failed[*]:+ (${failed[*]})}, \
${#skipped[@]} skipped for want of a toolchain${skipped[*]:+ (${skipped[*]})}"
((${#failed[@]} == 0 && passed > 0))
