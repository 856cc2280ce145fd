#!/usr/bin/env bash
# Runs the built daemon with the example tenants in the foreground, until Ctrl-C, and prints requests
# to try as soon as it is ready.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

config=examples/skiff.toml
ready=http://127.0.0.1:9090/readyz # the [admin] listener of that file

answers() { curl --silent --fail --noproxy '*' --max-time 2 --output /dev/null "$@"; }

if answers "${ready%/readyz}/healthz"; then
  echo "serve.sh: a skiffd answers on ${ready%/readyz} already; stop it first" >&2
  exit 1
fi

daemon=$$ # the exec below keeps the process id
{
  until answers "$ready"; do
    kill -0 "$daemon" 2>/dev/null || exit 0
    sleep 0.1
  done
  printf '\nskiff is ready. Try, in another terminal (Ctrl-C here stops it):\n\n'
  sed -nE 's/^# Try: /  /p' "$config"
  printf '\n'
} &

exec build/release/bin/skiffd --config "$config"
