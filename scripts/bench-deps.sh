#!/usr/bin/env bash
# Installs what `make bench` measures skiff beside, and with: nginx and wrk from Debian, workerd
# from npm, pinned by bench/peers/package-lock.json. Nothing that builds, tests or runs skiff needs it.
# Does nothing when all of it is there. Works as root, or with sudo.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

fail() {
  echo "bench-deps.sh: $1" >&2
  exit 1
}

as_root() {
  if ((EUID == 0)); then
    "$@"
  else
    command -v sudo >/dev/null || fail "must install Debian packages: run it once as root, or install sudo"
    sudo --preserve-env "$@"
  fi
}

# A running nginx of the machine's own is none of our business: keep Debian from starting one.
install_debian_packages() {
  local missing=() name
  for name in nginx-light wrk; do
    [[ $(dpkg-query --show --showformat='${db:Status-Status}' "$name" 2>/dev/null) == installed ]] ||
      missing+=("$name")
  done
  [[ ! -x /usr/sbin/nginx ]] || missing=("${missing[@]/nginx-light/}")
  readarray -t missing < <(printf '%s\n' "${missing[@]}" | sed '/^$/d')
  ((${#missing[@]})) || return 0
  as_root apt-get update || fail "apt-get could not read the package lists"
  as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
    apt-get install --yes --no-install-recommends "${missing[@]}" ||
    fail "apt-get could not install: ${missing[*]}"
}

install_workerd() {
  local folder=bench/peers lock
  local stamp=$folder/node_modules/.skiff-lock-sha256
  lock=$(cat "$folder/package.json" "$folder/package-lock.json" | sha256sum)
  [[ ! -f $stamp || $(<"$stamp") != "$lock" ]] || return 0
  npm ci --prefix "$folder" --ignore-scripts --no-audit --no-fund --loglevel=error ||
    fail "npm could not install what $folder/package-lock.json names"
  "$folder"/node_modules/@cloudflare/workerd-linux-*/bin/workerd --version >/dev/null ||
    fail "workerd does not run here"
  echo "$lock" >"$stamp"
}

[[ -r /etc/debian_version ]] ||
  fail "installs on Debian only: install nginx and wrk, and then run: npm ci --prefix bench/peers"
install_debian_packages
install_workerd
