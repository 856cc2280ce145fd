#!/usr/bin/env bash
# Measures what a request to each example guest costs: the daemon's CPU time (user and system, all its
# threads) divided by the requests that it answered, over keep-alive connections. Prints the median of
# the rounds, the least and the most, as a table. Needs `make build`, and Debian's wrk.
#
#   bench/guests.sh [CASE...]        CASE: a name in the table; all unless told
#
# SECONDS_EACH (1), ROUNDS (5), CONNECTIONS (8) and PORT (18080, and the next one) change how. All rounds
# take SECONDS_EACH x ROUNDS x cases: a minute and a half unless told.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly seconds=${SECONDS_EACH:-1} rounds=${ROUNDS:-5} connections=${CONNECTIONS:-8}
readonly port=${PORT:-18080}
readonly url=http://127.0.0.1:$port admin=http://127.0.0.1:$((port + 1))
readonly guests=$PWD/build/release/guests

fail() {
  echo "guests.sh: $1" >&2
  exit 1
}

command -v wrk >/dev/null || fail "needs wrk: apt-get install wrk"
[[ -x build/release/bin/skiffd ]] || fail "there is no build/release/bin/skiffd: run 'make build' first"

work=$(mktemp --directory)
daemon=
trap '[[ -z $daemon ]] || kill "$daemon" 2>/dev/null || true; wait; rm --recursive "$work"' EXIT

# app NAME [LINE...]: an app of the daemon's configuration; LINEs before "--" are its keys, after it limits.
app() {
  local name=$1
  shift
  printf '[[tenant.app]]\nname = "%s"\nmodule = "%s"\nroutes = ["%s.test/*"]\n' \
    "${name//_/-}" "$guests/$name.wasm" "${name//_/-}"
  while (($#)); do
    if [[ $1 == -- ]]; then echo '[tenant.app.limits]'; else echo "$1"; fi
    shift
  done
}

configuration() {
  cat <<END
[server]
listen = ["127.0.0.1:$port"]
shards = 1
access_log = "off"
[admin]
listen = "127.0.0.1:$((port + 1))"
[[tenant]]
name = "bench"
END
  app hello
  app greet
  app cgi
  app static_files "files = \"$PWD/examples/site\""
  app links 'config = "docs https://example.org/"'
  app api
  app gate "origin = \"$url\"" \
    'config = "secret 0123456789abcdef0123456789abcdef\nuser ada sesame\nvariant a 1\nhost hello.test\n"'
  app resize -- 'cpu_ms = 5000'
  [[ ! -f $guests/csv_to_json.wasm ]] || app csv_to_json
}

parcel='{"from":"NL","to":"DE","parcels":[{"length_cm":30,"width_cm":20,"height_cm":10,"weight_kg":1.2}]}'
printf %s "$parcel" >"$work/parcel.json"
printf 'name,age,town\nAda,36,London\nAlan,41,Wilmslow\nGrace,85,Arlington\n' >"$work/table.csv"

# The cases: name, guest, the status that has to come, target, a header field, and the file and type of
# a body to POST.
cases() {
  echo "hello|hello|200|/"
  echo "greet|greet|200|/?name=World"
  echo "cgi|cgi|200|/"
  echo "static_files-style|static_files|200|/style.css"
  echo "static_files-304|static_files|304|/style.css|If-None-Match: *"
  echo "static_files-21k|static_files|200|/boat.jpg"
  echo "links|links|302|/docs"
  echo "api-convert|api|200|/v1/convert/km/mi?value=42.195"
  echo "api-quote|api|200|/v1/quotes||$work/parcel.json|application/json"
  echo "gate-stranger|gate|401|/"
  echo "gate-user+hello|gate|200|/|Authorization: Bearer sesame"
  [[ ! -f $guests/csv_to_json.wasm ]] ||
    echo "csv_to_json|csv_to_json|200|/||$work/table.csv|text/csv"
  echo "resize-64|resize|200|/?w=64||$PWD/examples/site/boat.jpg|image/jpeg"
}

# wrk's script of a case.
script() {
  local body=$1 type=$2
  if [[ -n $body ]]; then
    printf 'wrk.method = "POST"\nwrk.headers["Content-Type"] = "%s"\n' "$type"
    printf 'local file = io.open("%s", "rb")\nwrk.body = file:read("*a")\nfile:close()\n' "$body"
  fi
}

# Ticks of CPU time that the daemon has used.
cpu_ticks() { awk '{ sub(/.*\) /, ""); print $12 + $13 }' "/proc/$daemon/stat"; }

# check NAME GUEST STATUS TARGET FIELD BODY TYPE: nothing is measured but the answer that is meant.
check() {
  local got
  got=$(curl --silent --noproxy '*' --output /dev/null --write-out '%{http_code}' \
    --header "Host: ${2//_/-}.test" ${5:+--header "$5"} \
    ${6:+--data-binary "@$6" --header "Content-Type: $7"} "$url$4")
  [[ $got == "$3" ]] || fail "$1: the status is $got and not $3"
}

# measure NAME GUEST STATUS TARGET FIELD BODY TYPE: adds "CPU-us requests-per-second" to the case's
# results.
measure() {
  local name=$1 guest=$2 target=$4 field=$5 body=$6 type=$7 before after summary requests
  script "$body" "$type" >"$work/case.lua"
  before=$(cpu_ticks)
  summary=$(wrk --threads 1 --connections "$connections" --duration "${seconds}s" \
    --script "$work/case.lua" --header "Host: ${guest//_/-}.test" ${field:+--header "$field"} "$url$target")
  after=$(cpu_ticks)
  requests=$(awk '/requests in/ { print $1 }' <<<"$summary")
  ((requests > 0)) || fail "$name: no answers: $summary"
  if grep --quiet 'Socket errors' <<<"$summary"; then fail "$name: $summary"; fi
  awk -v ticks=$((after - before)) -v requests="$requests" \
    -v hertz="$(getconf CLK_TCK)" -v seconds="$seconds" \
    'BEGIN { printf "%.2f %.0f\n", ticks / hertz * 1e6 / requests, requests / seconds }' \
    >>"$work/$name.results"
}

wanted() {
  local name=$1 case
  shift
  (($#)) || return 0
  for case in "$@"; do [[ $case != "$name" ]] || return 0; done
  return 1
}

configuration >"$work/skiff.toml"
build/release/bin/skiffd --config "$work/skiff.toml" >/dev/null 2>"$work/log" &
daemon=$!
until curl --silent --fail --noproxy '*' --output /dev/null "$admin/readyz"; do
  kill -0 "$daemon" 2>/dev/null || fail "skiffd ended: $(cat "$work/log")"
  sleep 0.1
done

# Rounds go through all cases, so that what else the machine does hits all alike.
for ((round = 0; round < rounds; ++round)); do
  while IFS='|' read -r name guest status target field body type; do
    wanted "$name" "$@" || continue
    ((round > 0)) || check "$name" "$guest" "$status" "$target" "$field" "$body" "$type"
    measure "$name" "$guest" "$status" "$target" "$field" "$body" "$type" </dev/null
  done < <(cases)
done

printf '| %-18s | %10s | %19s | %10s |\n' request 'CPU us' 'least to most' 'requests/s'
printf '|---|---|---|---|\n'
while IFS='|' read -r name _; do
  [[ -f $work/$name.results ]] || continue
  sort --numeric-sort "$work/$name.results" | awk -v name="$name" '
    { cpu[NR] = $1; rate[NR] = $2 }
    END { m = int((NR + 1) / 2)
          printf "| %-18s | %10.1f | %8.1f to %7.1f | %10d |\n", name, cpu[m], cpu[1], cpu[NR], rate[m] }'
done < <(cases)
